-- Clusters, jobs and runs: what is native never waits, and here is who waits how.
local native, tools, runs, carry = ...
local expect = tools.expect

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
  tools.expect_seconds(timeout, "wait")
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
  tools.expect_seconds(timeout, "wait")
  return await(self.native, self.sleep, timeout)
end

-- Has every run of the plan stopped, or the evacuation. The verdict still comes from `wait`.
function Run:stop()
  return self.native:stop()
end

-- Drives it no more: another is to resume its state, which nobody changes once this has returned. Waits
-- for the step that is being made.
function Run:detach()
  local ok, err = self.native:detach()
  if ok then
    await(self.native, self.sleep)
  end
  return ok, err
end

-- What happened since the last call, the newest thousand at most.
function Run:events()
  return self.native:events()
end

runs.inherit(Run)

local Cluster = {}
Cluster.__index = Cluster
Cluster.__name = "emqx_rebalance.cluster"

-- The calls that have a job, and the types of their arguments.
local CALLS = {
  plan = "table",
  plan_evacuation = "table",
  evacuations = "nil",
  snapshot = "nil",
  status = "nil",
  stop = "string?",
  stop_evacuation = "string",
}

-- Raises, two levels up, if `argument` is not what the call `name` takes.
local function check(name, argument, position, shown)
  local wanted, found = CALLS[name], type(argument)
  if found ~= wanted and not (wanted == "string?" and (found == "string" or found == "nil")) then
    local text = "bad argument #%d to '%s' (%s expected, got %s)"
    error(text:format(position, shown, wanted, found), 3)
  end
end

-- Begins a call, whose argument is good.
local function begin(cluster, name, argument)
  if cluster.is_closed then
    return nil, tools.closed()
  end
  local made, err = cluster.native[name](cluster.native, argument)
  if not made then
    return nil, err
  end
  if cluster.http then
    return carry.job(made, cluster.http)
  end
  return setmetatable({ native = made, sleep = cluster.sleep }, Job)
end

-- Begins the call `name`, such as `cluster:job("plan", { mode = "level" })`, without waiting.
function Cluster:job(name, argument)
  expect("string", name, 1, "job")
  if not CALLS[name] then
    error(("bad argument #1 to 'job' (no call is named '%s')"):format(name), 2)
  end
  check(name, argument, 2, "job")
  return begin(self, name, argument)
end

for name in pairs(CALLS) do
  -- The call itself: begins a job, and waits for it.
  Cluster[name] = function(self, argument)
    check(name, argument, 1, name)
    local job, err = begin(self, name, argument)
    if not job then
      return nil, err
    end
    return job:wait()
  end
end

-- Raises, two levels up, if an option that is not the core's is of the wrong type, or not for this transport.
local function check_options(cluster, options, name)
  local kept = cluster.http and "save" or "state_file"
  local other = cluster.http and "state_file" or "save"
  local wanted = cluster.http and "function" or "string"
  local found = type(options)
  if options == nil then
    return
  end
  if found ~= "table" then
    error(("bad argument #2 to '%s' (table expected, got %s)"):format(name, found), 3)
  end
  if options[other] ~= nil then
    local text = "bad argument #2 to '%s' (%s: with this transport it is %s)"
    error(text:format(name, other, kept), 3)
  end
  found = type(options[kept])
  if found ~= "nil" and found ~= wanted then
    local text = "bad argument #2 to '%s' (%s: %s expected, got %s)"
    error(text:format(name, kept, wanted, found), 3)
  end
end

-- `plan` and the options of the core beside it as one request.
local function request(plan, options)
  local all = {}
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  all.state_file, all.save, all.plan = nil, nil, plan
  return all
end

-- Begins `verb` with what it is about, and has it driven.
local function drive(cluster, verb, about, options)
  if cluster.is_closed then
    return nil, tools.closed()
  end
  local made, err = cluster.native[verb](cluster.native, about, options and options.state_file)
  if not made then
    return nil, err
  end
  if cluster.http then
    return carry.run(made, cluster.http, options and options.save)
  end
  return setmetatable({ native = made, sleep = cluster.sleep }, Run)
end

-- Begins `plan` and drives it. Never waits.
function Cluster:start(plan, options)
  expect("table", plan, 1, "start")
  check_options(self, options, "start")
  return drive(self, "start", request(plan, options), options)
end

-- Begins to empty a node as `plan` of `plan_evacuation` says. Never waits.
function Cluster:start_evacuation(plan, options)
  expect("table", plan, 1, "start_evacuation")
  check_options(self, options, "start_evacuation")
  return drive(self, "start_evacuation", request(plan, options), options)
end

-- The same, by the command's word.
Cluster.evacuate = Cluster.start_evacuation

-- Goes on from the `state` of a run, of this process or another. Never waits.
function Cluster:resume(state, options)
  expect("string", state, 1, "resume")
  check_options(self, options, "resume")
  return drive(self, "resume", state, options)
end

-- Asks nothing more, and closes its connections when the calls on their way are over. Runs that were begun go
-- on.
function Cluster:close()
  self.is_closed = true
  if not self.http then
    self.native:close()
  end
  return true
end

-- For `local cluster <close> = …` of Lua 5.4.
Cluster.__close = Cluster.close

-- What is wrong with `owner[name]`, if it is there, or needed, and no function.
local function no_function(owner, name, shown, is_needed)
  local found = type(owner[name])
  if found ~= "function" and (is_needed or found ~= "nil") then
    return ("%s: function expected, got %s"):format(shown, found)
  end
end

-- What is wrong with the functions of a configuration, if anything.
local function wrong_functions(config)
  local http = config.http
  if http ~= nil and type(http) ~= "table" then
    return ("http: table expected, got %s"):format(type(http))
  end
  local wrong = no_function(config, "sleep", "sleep")
  if not http then
    return wrong
  end
  wrong = wrong or no_function(http, "send", "http.send", true)
  wrong = wrong or no_function(http, "sleep", "http.sleep", true)
  for _, name in ipairs { "now", "crew", "background", "is_ending" } do
    wrong = wrong or no_function(http, name, "http." .. name)
  end
  return wrong
end

return function(config)
  local wrong = wrong_functions(config)
  if wrong then
    error(("bad argument #1 to 'cluster' (%s)"):format(wrong), 3)
  end
  local asked = {}
  for name, value in pairs(config) do
    asked[name] = value
  end
  asked.sleep, asked.http = nil, nil
  local made, err
  if config.http then
    made, err = native.sansio(asked)
  else
    made, err = native.cluster(asked)
  end
  if not made then
    return nil, err
  end
  return setmetatable({ native = made, sleep = config.sleep, http = config.http }, Cluster)
end
