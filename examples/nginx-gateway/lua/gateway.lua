--- The gateway: what nginx.conf calls.
local answer = require "gateway.answer"
local api = require "gateway.api"
local auth = require "gateway.auth"
local drive = require "gateway.drive"

local gateway = {}

--- Has this worker go on with a run whose worker is gone. For init_worker_by_lua.
gateway.watch = drive.watch

-- What the request asks for, as an answer.
local function respond()
  if not auth.allows(ngx.var.http_authorization) then
    return answer.unauthorized()
  end
  ngx.req.read_body()
  if ngx.req.get_body_file() then
    -- nginx.conf gives bodies too little memory.
    return answer.too_large()
  end
  local name = ngx.var.uri:match("^/rebalance/(.*)$")
  return api.call(ngx.req.get_method(), name, ngx.req.get_body_data())
end

--- Answers one request. For content_by_lua.
function gateway.serve()
  answer.write(respond())
end

--- Answers a request whose body nginx did not take. For content_by_lua.
function gateway.refuse_body()
  answer.write(answer.too_large())
end

return gateway
