--- Answers as JSON, and the HTTP status of each kind of error.
local rebalance = require "emqx_rebalance"

local answer = {}

-- Errors of EMQX's side are a gateway's 502 and 504; the others are the caller's.
local STATUS = {
  config_invalid = 400,
  unauthorized = 401,
  unknown_node = 404,
  method_not_allowed = 405,
  conflict = 409,
  refused = 409,
  unsupported = 409,
  forbidden = 502,
  protocol = 502,
  unreachable = 502,
  timeout = 504,
}

--- An error that EMQX, or what stands before it, is the reason of. That EMQX does not know the gateway
--- is no fault of whoever asks the gateway.
function answer.error(err)
  local status = err.kind == "unauthorized" and 502 or STATUS[err.kind] or 500
  return status, { error = err }
end

--- An error of the gateway itself.
function answer.failure(kind, message)
  local context = {}
  return STATUS[kind] or 500, {
    error = { kind = kind, message = message, context = context, retryable = false },
  }
end

--- What a call of the module gave: its value, or its error.
function answer.of(status, name, value, err)
  if err then
    return answer.error(err)
  end
  return status, { [name] = value }
end

--- Sends an answer.
function answer.write(status, body)
  ngx.status = status
  ngx.header["content-type"] = "application/json"
  ngx.header["cache-control"] = "no-store"
  ngx.say((assert(rebalance.to_json(body))))
end

return answer
