--- The part of apisix.core that the plugin uses.
local core = { request = {}, response = {}, schema = {} }

core.request.get_method = ngx.req.get_method

-- What nginx put into a file, if it did.
local function in_file()
  local path = ngx.req.get_body_file()
  if path then
    local file = assert(io.open(path, "rb"))
    local body = file:read("*a")
    file:close()
    return body
  end
end

function core.request.get_body(max_size)
  ngx.req.read_body()
  local body = ngx.req.get_body_data() or in_file()
  if body and #body > max_size then
    return nil, "request size " .. #body .. " is greater than the maximum size " .. max_size
  end
  return body
end

function core.response.set_header(name, value)
  ngx.header[name] = value
end

-- As of JSON Schema: whether every field is of its type, and known if others are not allowed.
function core.schema.check(schema, conf)
  for name, value in pairs(conf) do
    local property = schema.properties[name]
    if property and type(value) ~= property.type then
      return false, ('property "%s" validation failed: wrong type'):format(name)
    elseif not property and schema.additionalProperties == false then
      return false, ("additional properties forbidden, found %s"):format(name)
    end
  end
  return true
end

return core
