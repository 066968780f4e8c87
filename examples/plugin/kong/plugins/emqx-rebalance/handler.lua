--- A plugin of Kong: its route answers plan, start, status and stop of a rebalance of EMQX.
---
--- Who may ask is for Kong's own plugins, such as key-auth, on the same route. What it needs in
--- kong.conf is in docs/gateways.md.
local answer = require "gateway.answer"
local api = require "gateway.api"
local drive = require "gateway.drive"

local plugin = {
  VERSION = "0.1.0",
  -- After all that decides who may ask: those are above 900.
  PRIORITY = 800,
}

local MAX_BODY = 8 * 1024 * 1024

--- Kong calls this in each worker, and where it has `stream_listen` in its other nginx module too, which
--- answers no HTTP and shares no dict with this one.
function plugin:init_worker()
  if ngx.config.subsystem == "http" then
    drive.watch()
  end
end

-- What the request asks for, as an answer.
local function respond(conf)
  -- Kong 3.9 reads what nginx put into a file, up to so many bytes; Kongs before it do not, and take no
  -- limit.
  local body, err = kong.request.get_raw_body(MAX_BODY)
  if err or body and #body > MAX_BODY then
    return answer.too_large()
  end
  local name = kong.request.get_path():match("[^/]*$")
  return api.call(kong.request.get_method(), name, body, conf)
end

function plugin:access(conf)
  return kong.response.exit(answer.packed(respond(conf)))
end

return plugin
