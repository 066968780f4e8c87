--- Calls the plugins as APISIX and Kong do.
local host = {}

local function exit(status, body)
  ngx.status = status
  ngx.print(body)
  return ngx.exit(ngx.HTTP_OK)
end

-- What nginx put into a file, if it is not larger than `limit`.
local function in_file(path, limit)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  if #text > limit then
    return nil, "request body file too big: " .. #text .. " > " .. limit
  end
  return text
end

-- As of Kong: none is empty. What nginx put into a file Kong reads from 3.9 on, up to a limit; before,
-- and if nobody says how much, it is an error.
local function body(limit)
  ngx.req.read_body()
  local path = ngx.req.get_body_file()
  if path and limit and ngx.var.uri:find("^/kong/") then
    return in_file(path, limit)
  elseif path then
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

-- What Kong's schema says of a part of the plugin's entity.
local function field(fields, name)
  for _, part in ipairs(fields) do
    if part[name] then
      return part[name]
    end
  end
end

-- Kong's records hold no field that their schema does not have.
local function check_for_kong(conf)
  for name, value in pairs(conf) do
    local known = field(field(schema.fields, "config").fields, name)
    if not known or type(value) ~= known.type then
      return false, name .. ": unknown field"
    end
  end
  return true
end
assert(field(schema.fields, "protocols") and field(schema.fields, "consumer"))

-- As with `stream_listen`, where Kong loads its plugins once more, with no dict and no HTTP.
local function init_stream_worker()
  local config, timer = ngx.config, ngx.timer
  ngx.config = { subsystem = "stream" }
  ngx.timer = setmetatable({}, { __index = function() error("nothing is to be driven here") end })
  for_kong:init_worker()
  ngx.config, ngx.timer = config, timer
end

function host.init_worker()
  init_stream_worker()
  for_apisix.init()
  for_kong:init_worker()
end

-- What APISIX and Kong say of a configuration, before they take it.
function host.check(conf)
  return { apisix = { for_apisix.check_schema(conf) }, kong = { check_for_kong(conf) } }
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
  assert(check_for_kong(conf))
  return for_kong:access(conf)
end

return host
