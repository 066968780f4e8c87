--- The four calls. Each takes the request's body as a table and gives an answer: see `gateway.answer`.
local answer = require "gateway.answer"
local cosocket = require "emqx_rebalance.ngx_cosocket"
local drive = require "gateway.drive"
local rebalance = require "emqx_rebalance"
local settings = require "gateway.settings"
local store = require "gateway.store"

local api = {}

local cluster = rebalance.assert(rebalance.cluster(settings.emqx { http = cosocket.new() }))

local function plan(request)
  return answer.of(200, "plan", cluster:plan(request))
end

local function start(request)
  return answer.of(202, "status", drive.start(request))
end

-- That a call which takes nothing was given nothing: whoever names one run to stop must not stop all.
local function takes_nothing(call)
  return function(request)
    local name = next(request)
    if not name then
      return call()
    end
    return answer.unknown(tostring(name))
  end
end

-- The run of this gateway, or what else goes on in EMQX.
local function status()
  local view = store.view()
  if view then
    return 200, view
  end
  return answer.of(200, "status", cluster:status())
end

-- Has this gateway's run stop, or else every run that goes on in EMQX.
local function stop()
  if store.stop() then
    return 202, { status = store.view().status }
  end
  return answer.of(200, "stopped", cluster:stop())
end

local CALLS = {
  plan = { POST = plan },
  start = { POST = start },
  status = { GET = takes_nothing(status) },
  stop = { POST = takes_nothing(stop) },
}

-- The body as a table. None is an empty object; Kong gives none as an empty text.
local function read(body)
  local request, err = rebalance.from_json(body and body ~= "" and body or "{}")
  if err or type(request) == "table" then
    return request, err
  end
  local _, made = answer.failure("config_invalid", "the body has to be a JSON object")
  return nil, made.error
end

-- The calls that change nothing.
local READS = { plan = true, status = true }

--- Answers the call `name`, such as `plan`, of somebody who may ask. `options.read_only` refuses what
--- changes something.
function api.call(method, name, body, options)
  local methods = CALLS[name]
  if not methods then
    return answer.failure("not_found", "there are plan, start, status and stop")
  elseif not methods[method] then
    return answer.wrong_method(methods)
  end
  if options and options.read_only and not READS[name] then
    return answer.failure("forbidden", "only plan and status are allowed here")
  end
  local request, err = read(body)
  if not request then
    return answer.error(err)
  end
  return methods[method](request)
end

return api
