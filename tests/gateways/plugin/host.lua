--- Calls the plugins as APISIX and Kong do.
local host = {}

local function exit(status, body)
  ngx.status = status
  ngx.print(body)
  return ngx.exit(ngx.HTTP_OK)
end

-- As of Kong: a body that nginx put into a file is an error, none is empty.
local function body()
  ngx.req.read_body()
  if ngx.req.get_body_file() then
    return nil, "request body did not fit into client body buffer, consider raising 'client_body_buffer_size'"
  end
  return ngx.req.get_body_data() or ""
end

-- The part of Kong's PDK that the plugin uses.
kong = {
  request = {
    get_method = ngx.req.get_method,
    get_path = function()
      return ngx.var.uri
    end,
    get_raw_body = body,
  },
  response = {
    exit = function(status, text, headers)
      for name, value in pairs(headers) do
        ngx.header[name] = value
      end
      return exit(status, text)
    end,
  },
}

local for_apisix = require "apisix.plugins.emqx-rebalance"
local for_kong = require "kong.plugins.emqx-rebalance.handler"
local schema = require "kong.plugins.emqx-rebalance.schema"
assert(schema.name == for_apisix.name)

function host.init_worker()
  for_apisix.init()
  for_kong:init_worker()
end

-- APISIX ends the request if a plugin gives a status.
function host.apisix(conf)
  assert(for_apisix.check_schema(conf))
  local status, text = for_apisix.access(conf, { var = ngx.var })
  if status then
    return exit(status, text)
  end
end

function host.kong(conf)
  return for_kong:access(conf)
end

return host
