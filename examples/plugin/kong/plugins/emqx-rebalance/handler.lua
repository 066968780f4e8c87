--- A plugin of Kong: its route answers plan, start, status and stop of a rebalance of EMQX.
---
--- Who may ask is for Kong's own plugins, such as key-auth, on the same route. What it needs in
--- kong.conf is in docs/gateways.md.
local answer = require "gateway.answer"
local api = require "gateway.api"
local drive = require "gateway.drive"
local rebalance = require "emqx_rebalance"

local plugin = {
  VERSION = "0.1.0",
  -- After all that decides who may ask: those are above 900.
  PRIORITY = 800,
}

--- Kong calls this in each worker.
function plugin:init_worker()
  drive.watch()
end

-- What the request asks for, as a status code and a table.
local function respond(conf)
  local body, err = kong.request.get_raw_body()
  if err then
    -- It is in a file: kong.conf gives bodies too little memory.
    return answer.too_large()
  end
  local name = kong.request.get_path():match("[^/]*$")
  return api.call(kong.request.get_method(), name, body, conf)
end

function plugin:access(conf)
  local status, table = respond(conf)
  local text = assert(rebalance.to_json(table))
  return kong.response.exit(status, text, { ["content-type"] = "application/json" })
end

return plugin
