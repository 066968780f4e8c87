-- Clusters, jobs and runs: what is native never waits, and here is who waits how.
local native, expect = ...

-- Waits until something native is over: all of Lua does, or only this coroutine if there is `sleep`.
local function await(waiting, sleep, timeout)
  if not sleep then
    return waiting:wait(timeout)
  end
  local pause, waited = 0.001, 0
  while true do
    local is_over, value, err = waiting:poll()
    if is_over then
      return value, err
    end
    if timeout and waited >= timeout then
      return waiting:wait(0)
    end
    sleep(pause)
    waited = waited + pause
    pause = math.min(pause * 1.5, 0.05)
  end
end

-- A call on its way. It goes on even if nobody looks after it.
local Job = {}
Job.__index = Job
Job.__name = "emqx_rebalance.job"

-- Whether the call is over, and then its value, or `nil` and an error. Never waits.
function Job:poll()
  return self.native:poll()
end

-- Waits for the value, `timeout` seconds at most.
function Job:wait(timeout)
  if timeout ~= nil then
    expect("number", timeout, 1, "wait")
  end
  return await(self.native, self.sleep, timeout)
end

-- A plan or an evacuation on its way. It is driven whether or not anybody holds this.
local Run = {}
Run.__index = Run
Run.__name = "emqx_rebalance.run"

-- Where it stands. Never waits.
function Run:status()
  return self.native:status()
end

-- Whether there is a verdict, and then the verdict, or `nil` and why there is none. Never waits.
function Run:poll()
  return self.native:poll()
end

-- Waits for the verdict, `timeout` seconds at most.
function Run:wait(timeout)
  if timeout ~= nil then
    expect("number", timeout, 1, "wait")
  end
  return await(self.native, self.sleep, timeout)
end

-- Has every run of the plan stopped, or the evacuation. The verdict still comes from `wait`.
function Run:stop()
  return self.native:stop()
end

-- What happened since the last call, the newest thousand at most.
function Run:events()
  return self.native:events()
end

-- All that the driver knows, as JSON, for `cluster:resume`.
function Run:state()
  return self.native:state()
end

-- What is worth keeping, once there is a verdict.
function Run:record()
  return self.native:record()
end

local Cluster = {}
Cluster.__index = Cluster
Cluster.__name = "emqx_rebalance.cluster"

-- What `native` gave, as an object of `class` that waits as its cluster does.
local function wrap(class, cluster, made, err)
  if not made then
    return nil, err
  end
  return setmetatable({ native = made, sleep = cluster.sleep }, class)
end

-- The calls that have a job, and the types of their arguments.
local CALLS = {
  plan = "table",
  plan_evacuation = "table",
  snapshot = "nil",
  status = "nil",
  stop = "string?",
  stop_evacuation = "string",
}

-- Raises, two levels up, if `argument` is not what the call `name` takes.
local function check(name, argument, position)
  local wanted, found = CALLS[name], type(argument)
  if found ~= wanted and not (wanted == "string?" and (found == "string" or found == "nil")) then
    local text = "bad argument #%d to '%s' (%s expected, got %s)"
    error(text:format(position, name, wanted, found), 3)
  end
end

-- Begins the call `name`, such as `cluster:job("plan", { mode = "level" })`, without waiting.
function Cluster:job(name, argument)
  expect("string", name, 1, "job")
  if not CALLS[name] then
    error(("bad argument #1 to 'job' (no call is named '%s')"):format(name), 2)
  end
  check(name, argument, 2)
  return wrap(Job, self, self.native[name](self.native, argument))
end

for name, _ in pairs(CALLS) do
  -- The call itself: begins a job, and waits for it.
  Cluster[name] = function(self, argument)
    check(name, argument, 1)
    local job, err = self.native[name](self.native, argument)
    if not job then
      return nil, err
    end
    return await(job, self.sleep)
  end
end

-- Raises, two levels up, if the options of a start are no table, or name a file by something else.
local function check_options(options, name)
  if options ~= nil and type(options) ~= "table" then
    error(("bad argument #2 to '%s' (table expected, got %s)"):format(name, type(options)), 3)
  end
  local file = options and options.state_file
  if file ~= nil and type(file) ~= "string" then
    local text = "bad argument #2 to '%s' (state_file: string expected, got %s)"
    error(text:format(name, type(file)), 3)
  end
end

-- `plan` and the options beside it as one request, and the file for the state.
local function request(plan, options)
  local all, file = {}, nil
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  file, all.state_file, all.plan = all.state_file, nil, plan
  return all, file
end

-- Begins `plan` and drives it in the background. Never waits.
function Cluster:start(plan, options)
  expect("table", plan, 1, "start")
  check_options(options, "start")
  return wrap(Run, self, self.native:start(request(plan, options)))
end

-- Begins to empty a node as `plan` of `plan_evacuation` says. Never waits.
function Cluster:evacuate(plan, options)
  expect("table", plan, 1, "evacuate")
  check_options(options, "evacuate")
  return wrap(Run, self, self.native:evacuate(request(plan, options)))
end

-- Goes on from the `state` of a run, of this process or another. Never waits.
function Cluster:resume(state, options)
  expect("string", state, 1, "resume")
  check_options(options, "resume")
  return wrap(Run, self, self.native:resume(state, options and options.state_file))
end

return function(config)
  local asked = {}
  for name, value in pairs(config) do
    asked[name] = value
  end
  asked.sleep = nil
  return wrap(Cluster, config, native.cluster(asked))
end
