-- What the other chunks have in common: the errors that are made here, and the checks of arguments.
local native = ...

local tools = {}

-- An error prints as one line.
native.error_metatable.__name = "emqx_rebalance.error"
function native.error_metatable.__tostring(err)
  return ("%s: %s"):format(tostring(err.kind), tostring(err.message))
end

-- An error as the core makes them.
local function failure(kind, message, more)
  local err = { kind = kind, message = message, context = {}, retryable = kind == "timeout" }
  for name, value in pairs(more or {}) do
    err[name] = value
  end
  return setmetatable(err, native.error_metatable)
end

-- That whoever waited for `what`, which goes on, waited in vain.
function tools.late(what)
  return failure("timeout", ("there is no %s yet; wait again"):format(what))
end

-- That a run is driven no more.
function tools.detached()
  return failure("conflict", "nobody drives this run any more; EMQX goes on by itself: resume its state")
end

-- That a cluster is not to be asked any more.
function tools.closed()
  return failure("conflict", "this cluster was closed: make it anew")
end

-- That a function of the caller raised an error.
function tools.broken(why)
  local problem = { field = "save", value = why, bound = "functions that raise no error" }
  local text = ("invalid save: `save` is `%s` but must be %s"):format(why, problem.bound)
  return failure("config_invalid", text, { context = problem, problems = { problem } })
end

-- Raises an error at the caller of the function that was given a bad argument.
function tools.expect(wanted, value, position, name)
  local found = type(value)
  if found ~= wanted then
    error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, name, wanted, found), 3)
  end
end

-- Raises such an error if the first argument of `name` is there and no time to wait. One that has passed
-- already is none.
function tools.expect_seconds(value, name)
  if value ~= nil and (type(value) ~= "number" or value ~= value) then
    local found = type(value) == "number" and "nan" or type(value)
    error(("bad argument #1 to '%s' (a number of seconds expected, got %s)"):format(name, found), 3)
  end
end

-- Raises such an error if the options of `name`, its first argument, are there and no table.
function tools.expect_options(options, name)
  if options ~= nil and type(options) ~= "table" then
    error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, type(options)), 3)
  end
end

return tools
