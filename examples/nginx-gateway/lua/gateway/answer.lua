--- Answers as JSON, and the HTTP status of each kind of error.
local rebalance = require "emqx_rebalance"

local answer = {}

local STATUS = {
  config_invalid = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  unknown_node = 404,
  method_not_allowed = 405,
  conflict = 409,
  refused = 409,
  unsupported = 409,
  too_large = 413,
  protocol = 502,
  unreachable = 502,
  timeout = 504,
}

-- That EMQX does not let the gateway in is no fault of whoever asks the gateway.
local STATUS_OF_EMQX = { unauthorized = 502, forbidden = 502 }

--- An error of the module: of EMQX, or of what was asked for.
function answer.error(err)
  return STATUS_OF_EMQX[err.kind] or STATUS[err.kind] or 500, { error = err }
end

--- An error of the gateway itself.
function answer.failure(kind, message)
  local err = { kind = kind, message = message, context = {}, retryable = false }
  return STATUS[kind], { error = err }
end

--- That a body did not fit in.
function answer.too_large()
  return answer.failure("too_large", "the body has to be smaller")
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
