-- Carries conversations with a cluster by the HTTP client of the caller:
--   http.send(request)     sends { method, url, headers, body?, timeout_ms }; gives { status, body },
--                          or nil, the kind of failure (timeout, unreachable, protocol) and a message
--   http.sleep(seconds)    waits
--   http.now()             seconds since 1970; os.time if left out
--   http.crew()            if several requests can be sent at once: { spawn(work), rest(seconds),
--                          finish() }, where rest ends early when some work is done
--   http.background(work)  if work can go on by itself: calls work() until it gives true
--   http.is_ending()       if the process can be told to end: whether it was
local tools, runs = ...

-- Events that are kept for somebody who does not take them.
local MAX_EVENTS = 1000
-- Steps after which background work takes a breath, if nothing is on its way.
local ROUNDS = 100
-- Seconds after which background work looks whether it is wanted still.
local LOOK = 1

local function now_ms(http)
  return (http.now or os.time)() * 1000
end

-- The crew of a client that sends one request after the other.
local function alone(http)
  return {
    spawn = function(work)
      work()
    end,
    rest = http.sleep,
    finish = function() end,
  }
end

local function answer(http, request)
  local response, kind, message = http.send(request)
  if response then
    return { id = request.id, status = response.status, body = response.body }
  end
  return { id = request.id, error = { kind = kind or "unreachable", message = message } }
end

-- What carries one conversation. `step(now_ms, answers)` gives the next step, or nil and an error.
local function new_carrier(http, crew, step)
  local carrier = { inbox = {}, on_the_way = 0 }

  local function send(request)
    carrier.on_the_way = carrier.on_the_way + 1
    crew.spawn(function()
      local found = answer(http, request)
      carrier.inbox[#carrier.inbox + 1] = found
      carrier.on_the_way = carrier.on_the_way - 1
    end)
  end

  carrier.close = crew.finish

  -- Goes one step further, and gives it; rests until there is news, but not beyond `longest` seconds.
  function carrier.go(longest)
    local answers = carrier.inbox
    carrier.inbox = {}
    local done, err = step(now_ms(http), answers)
    if not done or not done.wake_at_ms then
      crew.finish()
      return done, err
    end
    for _, request in ipairs(done.requests) do
      send(request)
    end
    if #carrier.inbox == 0 then
      local seconds = math.max(done.wake_at_ms - now_ms(http), 0) / 1000
      crew.rest(math.min(seconds, longest or seconds))
    end
    return done
  end

  return carrier
end

-- A call on its way. Whoever polls or waits carries its requests.
local Job = {}
Job.__index = Job
Job.__name = "emqx_rebalance.job"

local function new_job(talk, http)
  local function step(now, answers)
    return talk:step(now, answers)
  end
  return setmetatable({ talk = talk, http = http, step = step }, Job)
end

-- Takes note of the result, if the step has it.
local function settle(job, done, err)
  if not done or not done.wake_at_ms then
    job.is_over = true
    job.value, job.err = done and done.result, done and done.error or err
  end
end

function Job:poll()
  if not self.is_over then
    self.carrier = self.carrier or new_carrier(self.http, alone(self.http), self.step)
    settle(self, self.carrier.go(0))
  end
  if self.is_over then
    return true, self.value, self.err
  end
  return false
end

function Job:wait(timeout)
  tools.expect_seconds(timeout, "wait")
  local crew = self.http.crew and not self.carrier and self.http.crew() or alone(self.http)
  self.carrier = self.carrier or new_carrier(self.http, crew, self.step)
  local last = timeout and now_ms(self.http) + timeout * 1000
  while not self.is_over do
    local left = last and (last - now_ms(self.http)) / 1000
    if left and left <= 0 then
      return nil, tools.late("answer")
    end
    settle(self, self.carrier.go(left))
  end
  return self.value, self.err
end

-- A plan or an evacuation on its way.
local Run = {}
Run.__index = Run
Run.__name = "emqx_rebalance.run"

local function note(run, events)
  for _, event in ipairs(events) do
    if #run.seen >= MAX_EVENTS then
      table.remove(run.seen, 1)
    end
    run.seen[#run.seen + 1] = event
  end
end

-- One step of the driver. The state is saved before its requests are sent.
local function advance(run, now, answers)
  local is_stopped = run.is_stopped
  run.is_stopped = false
  local done, err = run.native:step(now, { answers = answers, stop = is_stopped })
  if not done then
    run.is_over, run.err = true, err
    return nil, err
  end
  note(run, done.events)
  if run.save and (#done.requests > 0 or #done.events > 0) then
    run.save(run.native:state())
  end
  if run.is_over then
    -- By now: `save` may let others run.
    return nil, run.err
  end
  run.is_over = not done.wake_at_ms
  return done
end

-- Ends the driving with an error, unless it has ended.
local function give_up(run, err)
  if not run.is_over then
    run.is_over, run.err = true, err
  end
end

-- Goes on in the background, until the run is over or a breath is due.
local function drive(run)
  local http, rounds = run.http, 0
  while not run.is_over and (rounds < ROUNDS or run.carrier.on_the_way > 0) do
    rounds = rounds + 1
    run.carrier.go(LOOK)
    if http.is_ending and http.is_ending() then
      give_up(run, tools.detached())
    end
  end
end

local function new_run(course, http, save)
  local run = setmetatable({ native = course, http = http, save = save, seen = {} }, Run)
  local crew = http.background and http.crew and http.crew() or alone(http)
  run.carrier = new_carrier(http, crew, function(now, answers)
    return advance(run, now, answers)
  end)
  if http.background then
    http.background(function()
      local ok, err = pcall(drive, run)
      if not ok then
        give_up(run, tools.broken(tostring(err)))
      end
      if run.is_over then
        run.carrier.close()
      end
      return run.is_over
    end)
  end
  return run
end

-- Drives it no more: another process is to resume its state.
function Run:detach()
  give_up(self, tools.detached())
  return true
end

function Run:status()
  if self.err then
    return nil, self.err
  end
  return self.native:status()
end

-- What `poll` and `wait` give of a run that is over.
local function verdict(run)
  if run.err then
    return nil, run.err
  end
  return run.native:outcome()
end

function Run:poll()
  if not self.is_over and not self.http.background then
    self.carrier.go(0)
  end
  if self.is_over then
    return true, verdict(self)
  end
  return false
end

function Run:wait(timeout)
  tools.expect_seconds(timeout, "wait")
  local http = self.http
  local last = timeout and now_ms(http) + timeout * 1000
  while not self.is_over do
    local left = last and (last - now_ms(http)) / 1000
    if left and left <= 0 then
      return nil, tools.late("verdict")
    end
    if http.background then
      http.sleep(math.min(left or 0.05, 0.05))
    else
      self.carrier.go(left)
    end
  end
  return verdict(self)
end

function Run:stop()
  self.is_stopped = true
  return true
end

function Run:events()
  local seen = self.seen
  self.seen = {}
  return seen
end

runs.inherit(Run)

return { job = new_job, run = new_run }
