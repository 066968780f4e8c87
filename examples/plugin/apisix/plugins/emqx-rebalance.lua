--- A plugin of APISIX: its route answers plan, start, status and stop of a rebalance of EMQX.
---
--- Who may ask is for APISIX's own plugins, such as key-auth, on the same route. What it needs in
--- conf/config.yaml is in docs/gateways.md.
local answer = require "gateway.answer"
local api = require "gateway.api"
local core = require "apisix.core"
local drive = require "gateway.drive"

local plugin = {
  version = 0.1,
  -- After all that decides who may ask: those are above 2000.
  priority = 1000,
  name = "emqx-rebalance",
  schema = {
    type = "object",
    -- A word that is not known may have been `read_only`.
    additionalProperties = false,
    properties = {
      read_only = {
        type = "boolean",
        default = false,
        description = "Whether the route answers plan and status alone.",
      },
    },
  },
}

local MAX_BODY = 8 * 1024 * 1024

function plugin.check_schema(conf)
  return core.schema.check(plugin.schema, conf)
end

--- APISIX calls this in each worker.
function plugin.init()
  drive.watch()
end

-- What the request asks for, as an answer.
local function respond(conf, uri)
  local body, err = core.request.get_body(MAX_BODY)
  if err then
    return answer.too_large()
  end
  return api.call(core.request.get_method(), uri:match("[^/]*$"), body, conf)
end

function plugin.access(conf, ctx)
  local status, text, headers = answer.packed(respond(conf, ctx.var.uri))
  for name, value in pairs(headers) do
    core.response.set_header(name, value)
  end
  return status, text
end

return plugin
