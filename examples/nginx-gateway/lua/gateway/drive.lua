--- Drives the run that goes on, in one worker at a time.
---
--- The worker that holds the lease carries the driver's requests by cosockets, and keeps its state in
--- the store before it sends any. When it ends, by a reload or by a signal, another takes up the state:
--- the driver then knows what it had sent, and asks EMQX instead of sending it again.
local cosocket = require "emqx_rebalance.ngx_cosocket"
local rebalance = require "emqx_rebalance"
local semaphore = require "ngx.semaphore"
local settings = require "gateway.settings"
local store = require "gateway.store"

local drive = {}

-- Seconds between two looks at the store: for a wish to stop, and to keep the lease.
local LOOK_S = 0.25
-- Seconds between two looks for a run that nobody drives.
local WATCH_S = 0.5

local cluster = rebalance.assert(rebalance.sansio(settings.emqx()))

-- Requests on their way, each in a light thread.
local function new_mail()
  local mail = { inbox = {}, news = semaphore.new(), threads = {} }

  function mail.send(request)
    mail.threads[#mail.threads + 1] = ngx.thread.spawn(function()
      local answer, kind, message = cosocket.send(request)
      mail.inbox[#mail.inbox + 1] = answer
        and { id = request.id, status = answer.status, body = answer.body }
        or { id = request.id, error = { kind = kind, message = message } }
      mail.news:post(1)
    end)
  end

  function mail.take()
    local answers = mail.inbox
    mail.inbox = {}
    return answers
  end

  -- A timer ends only when its threads do.
  function mail.close()
    for _, thread in ipairs(mail.threads) do
      ngx.thread.kill(thread)
    end
  end

  return mail
end

-- One step. Gives the seconds until the next, or nothing if it was the last.
local function advance(course, mail)
  local input = { answers = mail.take(), stop = store.is_stopping() }
  local step, err = course:step(ngx.now() * 1000, input)
  if not step then
    return store.finish({ phase = "Failed", error = err })
  end
  if #step.requests > 0 or #step.events > 0 then
    store.save(course:state())
  end
  if not step.wake_at_ms then
    return store.finish(course:status(), course:record())
  end
  store.show(course:status())
  for _, request in ipairs(step.requests) do
    mail.send(request)
  end
  return step.wake_at_ms / 1000 - ngx.now()
end

-- Drives until the verdict, or until another has to.
local function go(course, mail, lease)
  while not ngx.worker.exiting() and store.renew(lease) do
    local pause = advance(course, mail)
    if not pause then
      return
    end
    mail.news:wait(math.max(math.min(pause, LOOK_S), 0.001))
  end
end

-- Drives `course` with the lease that this worker has.
local function run(_, course, lease)
  ngx.log(ngx.NOTICE, "drives the rebalance, lease ", lease)
  local mail = new_mail()
  local ok, err = pcall(go, course, mail, lease)
  mail.close()
  if not ok then
    ngx.log(ngx.ERR, "the rebalance is not driven for a moment: ", err)
  end
  store.release(lease)
  ngx.log(ngx.NOTICE, "drives the rebalance no more, lease ", lease)
end

-- The course of a state, if there is one: the run may be over by now.
local function resume(state)
  if state then
    return cluster:resume(state)
  end
end

-- Goes on with a run that nobody drives.
local function look(is_premature)
  local lease = not is_premature and store.is_running() and store.lease()
  if not lease then
    return
  end
  -- Read with the lease: whoever drove before changes it no more.
  local course, err = resume(store.state())
  if course then
    return run(false, course, lease)
  elseif err then
    store.finish({ phase = "Failed", error = err })
  end
  store.release(lease)
end

--- Begins the run that `request` describes, and gives its status.
function drive.start(request)
  local course, err = cluster:start(request)
  if not course then
    return nil, err
  end
  local status = course:status()
  if not store.begin(course:state(), status) then
    local message = "a run goes on already: stop it, or wait for its end"
    return nil, { kind = "conflict", message = message, context = {}, retryable = false }
  end
  -- If another worker was faster, or this one is about to end, the other goes on by the state.
  local lease = store.lease()
  if lease and not ngx.timer.at(0, run, course, lease) then
    store.release(lease)
  end
  return status
end

local is_watching = false

--- Looks, for as long as this worker lives, for runs that nobody drives.
function drive.watch()
  if not is_watching then
    is_watching = assert(ngx.timer.every(WATCH_S, look)) ~= nil
  end
end

return drive
