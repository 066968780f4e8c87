--- Answers as JSON, and the HTTP status of each kind of error. An answer is a status code, a table, and
--- headers beside those that every answer has.
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

--- That a call which takes nothing was given the field `name`.
function answer.unknown(name)
  local problem = { field = name, value = "given", bound = "left out: this call takes nothing" }
  local text = ("invalid request: `%s` is `%s` but must be %s"):format(name, problem.value, problem.bound)
  local status, body = answer.failure("config_invalid", text)
  body.error.context, body.error.problems = problem, { problem }
  return status, body
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

--- That a call wants another method: the one that `methods` has.
function answer.wrong_method(methods)
  local allowed = next(methods)
  local status, body = answer.failure("method_not_allowed", "the method has to be " .. allowed)
  return status, body, { allow = allowed }
end

--- That whoever asks did not say who he is.
function answer.unauthorized()
  local message = "send the gateway's token: `authorization: Bearer …`"
  local status, body = answer.failure("unauthorized", message)
  return status, body, { ["www-authenticate"] = "Bearer" }
end

--- An answer as hosts send it: the status code, the text, and all headers.
function answer.packed(status, body, more)
  local headers = { ["content-type"] = "application/json", ["cache-control"] = "no-store" }
  for name, value in pairs(more or {}) do
    headers[name] = value
  end
  return status, rebalance.assert(rebalance.to_json(body)), headers
end

--- Sends an answer.
function answer.write(...)
  local status, text, headers = answer.packed(...)
  ngx.status = status
  for name, value in pairs(headers) do
    ngx.header[name] = value
  end
  ngx.say(text)
end

return answer
