--- Reads MQTT_NODES: `node=host:port`, separated by commas. Hosts are addresses: nothing is looked up.
local places = {}

--- A list of `{ name, address, host, port }`. Raises what is wrong: nginx does not start then.
function places.read(text)
  local list = {}
  for entry in (text or ""):gmatch("[^,%s]+") do
    local name, host, port = entry:match("^([^=]+)=([%d%.]+):(%d+)$")
    if not name then
      error(("MQTT_NODES: '%s' is not node=address:port"):format(entry), 0)
    end
    list[#list + 1] = {
      name = name, address = host .. ":" .. port, host = host, port = tonumber(port),
    }
  end
  if #list == 0 then
    error("MQTT_NODES is empty: name the nodes of EMQX as node=address:port,…", 0)
  end
  return list
end

return places
