--- Whether a node's MQTT port takes connections: tried, and said once when it changes.
local nodes = require "mqtt.nodes"

local probe = {}

local TIMEOUT_MS = 500
-- Seconds for which a try is believed before a client is sent. So a node that died costs next to no
-- client a failed connection, and no node is tried more than ten times a second for it.
local FRESH_S = 0.1

--- Keeps that a node takes connections, or does not.
function probe.mark(place, is_open)
  if nodes.mark(place.name, is_open) then
    local news = is_open and "takes MQTT connections again" or "takes no MQTT connections"
    ngx.log(ngx.WARN, place.name, " at ", place.address, " ", news)
  end
end

--- Tries a node, and gives whether it takes connections.
function probe.try(place)
  local socket = ngx.socket.tcp()
  socket:settimeout(TIMEOUT_MS)
  local is_open = socket:connect(place.host, place.port) ~= nil
  socket:close()
  probe.mark(place, is_open)
  return is_open
end

--- Whether a client can be sent to a node: as was tried a moment ago, or as is tried now.
function probe.is_open(place)
  local tried_at = nodes.tried_at(place.name)
  if tried_at and ngx.now() - tried_at < FRESH_S then
    return place.is_open
  end
  return probe.try(place)
end

return probe
