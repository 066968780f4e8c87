--- What is known of every node, in the shared dict that all workers read.
local places = require "mqtt.places"

local nodes = {}

local dict = ngx.shared.mqtt

-- Seconds for which EMQX's word on who is a donor is believed when it says no more. Longer than a
-- restart of its API, shorter than would keep a node empty that serves again.
local TRUST_S = 60

--- The nodes that MQTT_NODES names: `{ name, address, host, port }`.
nodes.places = places.read(os.getenv("MQTT_NODES"))

--- All that is known now, as `mqtt.choice` takes it.
function nodes.all()
  local is_trusted = ngx.now() - (dict:get("asked_at") or 0) <= TRUST_S
  local all = {}
  for i, place in ipairs(nodes.places) do
    all[i] = {
      name = place.name,
      address = place.address,
      host = place.host,
      port = place.port,
      is_open = dict:get("closed:" .. place.name) == nil,
      connections = dict:get("connections:" .. place.name) or 0,
      picked = dict:get("picked:" .. place.name) or 0,
      status = is_trusted and dict:get("status:" .. place.name) or nil,
    }
  end
  return all
end

--- Counts one more client for a node.
function nodes.count(name)
  dict:incr("picked:" .. name, 1, 0)
end

--- How many clients were sent to each node since it was counted last.
function nodes.picked()
  local picked = {}
  for _, place in ipairs(nodes.places) do
    picked[place.name] = dict:get("picked:" .. place.name) or 0
  end
  return picked
end

--- Keeps what EMQX says. The clients that were sent before it was asked are in its counts.
function nodes.keep(snapshot, picked_before)
  local found = {}
  for _, load in ipairs(snapshot.nodes) do
    found[load.node] = load
  end
  for _, place in ipairs(nodes.places) do
    local load = found[place.name]
    dict:set("connections:" .. place.name, load and load.connections or 0)
    dict:set("status:" .. place.name, load and load.status or "stopped")
    dict:incr("picked:" .. place.name, -picked_before[place.name], 0)
  end
  dict:set("asked_at", ngx.now())
end

--- Keeps whether a node takes connections.
function nodes.mark(name, is_open)
  if is_open then
    dict:delete("closed:" .. name)
  else
    dict:set("closed:" .. name, true)
  end
end

return nodes
