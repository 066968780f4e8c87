--- What is known of every node, in the shared dict that all workers read.
local counts = require "mqtt.counts"
local places = require "mqtt.places"

local nodes = {}

local dict = ngx.shared.mqtt

-- Seconds for which EMQX's word on who is a donor is believed when it says no more. Longer than a
-- restart of its API, shorter than would keep a node empty that serves again.
local TRUST_S = 60

--- The nodes that MQTT_NODES names: `{ name, address, host, port }`.
nodes.places = places.read(os.getenv("MQTT_NODES"))

-- A number of a node, 0 if there is none yet.
local function number(field, name)
  return dict:get(field .. ":" .. name) or 0
end

--- All that is known now, as `mqtt.choice` takes it.
function nodes.all()
  local is_trusted = ngx.now() - (dict:get("asked_at") or 0) <= TRUST_S
  local all = {}
  for i, place in ipairs(nodes.places) do
    local name = place.name
    all[i] = {
      name = name,
      address = place.address,
      host = place.host,
      port = place.port,
      is_open = dict:get("closed:" .. name) == nil,
      connections = number("connections", name),
      picked = number("late", name) + number("sent", name) - number("asked", name),
      status = is_trusted and dict:get("status:" .. name) or nil,
    }
  end
  return all
end

--- Counts one more client for a node.
function nodes.count(name)
  dict:incr("sent:" .. name, 1, 0)
end

--- How many clients were sent to each node so far.
function nodes.sent()
  local sent = {}
  for _, place in ipairs(nodes.places) do
    sent[place.name] = number("sent", place.name)
  end
  return sent
end

local function keep(name, load, sent)
  local connections = load.connections or 0
  local since = sent - number("asked", name)
  local expected = number("connections", name) + number("late", name) + since
  dict:set("late:" .. name, counts.late(connections, expected, since))
  dict:set("connections:" .. name, connections)
  dict:set("asked:" .. name, sent)
  dict:set("status:" .. name, load.status)
end

--- Keeps what EMQX says, asked when so many clients as of `sent` had been sent. Gives the names that it
--- does not know: of those nodes nothing is known, and the own counts go on.
function nodes.keep(snapshot, sent)
  local found, unknown = {}, {}
  for _, load in ipairs(snapshot.nodes) do
    found[load.node] = load
  end
  for _, place in ipairs(nodes.places) do
    local name = place.name
    if found[name] then
      keep(name, found[name], sent[name])
    else
      dict:delete("status:" .. name)
      unknown[#unknown + 1] = name
    end
  end
  dict:set("asked_at", ngx.now())
  return unknown
end

--- Keeps whether a node takes connections. Gives whether that is news.
function nodes.mark(name, is_open)
  local key = "closed:" .. name
  dict:set("tried:" .. name, ngx.now())
  if not is_open then
    return (dict:add(key, true))
  end
  local was_closed = dict:get(key) ~= nil
  dict:delete(key)
  return was_closed
end

--- When it was tried last whether a node takes connections; nil if it never was.
function nodes.tried_at(name)
  return dict:get("tried:" .. name)
end

return nodes
