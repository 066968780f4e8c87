-- What `require "emqx_rebalance"` gives. Values inside tables are checked by the core, which answers
-- `nil, err`; an argument that is not even of the right type is a mistake of the program and raises.
local native, chunks = ...

local tools = chunks.tools(native)
local runs = chunks.runs(native, tools)
local expect = tools.expect

local rebalance = {
  _VERSION = native.version,
  -- JSON's null: the same value as ngx.null and cjson.null.
  null = native.null,
}

-- As `assert`, for what the module gives: raises an error, if there is one, as its text. nginx and Lua
-- 5.1 show no error that is a table.
function rebalance.assert(...)
  local err = select(2, ...)
  if err ~= nil then
    error(tostring(err), 2)
  end
  return ...
end

-- Marks a table as a list, so that it stays one even while it is empty.
function rebalance.array(list)
  expect("table", list, 1, "array")
  return setmetatable(list, native.array_metatable)
end

function rebalance.plan(request)
  expect("table", request, 1, "plan")
  return native.plan(request)
end

function rebalance.plan_evacuation(request)
  expect("table", request, 1, "plan_evacuation")
  return native.plan_evacuation(request)
end

-- Reads a status from its JSON text or its table.
function rebalance.status(status)
  if type(status) ~= "string" then
    expect("table", status, 1, "status")
  end
  return native.status(status)
end

-- Reads a record, as a line of a history is one, from its JSON text or its table. Gives it with `report`.
function rebalance.record(record)
  if type(record) ~= "string" then
    expect("table", record, 1, "record")
  end
  return runs.record(native.record(record))
end

function rebalance.from_json(text)
  expect("string", text, 1, "from_json")
  return native.from_json(text)
end

function rebalance.to_json(value)
  return native.to_json(value)
end

local carry = chunks.carry(tools, runs)
local cluster = chunks.cluster(native, tools, runs, carry)

-- A cluster behind its URLs. Asks nothing yet.
function rebalance.cluster(config)
  expect("table", config, 1, "cluster")
  local made, err = cluster(config)
  return made, err
end

-- A cluster that only says what to send: its calls give talks, and its starts give drivers, with
-- `step(now_ms, input)`.
function rebalance.sansio(config)
  expect("table", config, 1, "sansio")
  return native.sansio(config)
end

-- A driver of `plan` that only says what to send. `options.cluster` is where the cluster is; the others
-- are those of `cluster:start`.
function rebalance.driver(plan, options)
  expect("table", plan, 1, "driver")
  if options ~= nil then
    expect("table", options, 2, "driver")
  end
  local request = {}
  for name, value in pairs(options or {}) do
    request[name] = value
  end
  local where = request.cluster or {}
  expect("table", where, 2, "driver")
  request.cluster, request.plan = nil, plan
  local found, err = native.sansio(where)
  if not found then
    return nil, err
  end
  return found:start(request)
end

return rebalance
