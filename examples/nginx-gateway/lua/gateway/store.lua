--- What all workers know: the run that goes on, the last one, and who drives. A shared dict outlives
--- workers and reloads.
local rebalance = require "emqx_rebalance"

local store = {}

local dict = ngx.shared.rebalance

-- Seconds after which a worker that says nothing is taken for dead.
local LEASE_S = 3

-- The two keys under which the state of a run is kept in turn: a dict that is full loses what it was to
-- replace, and one state has to be there always.
local function keys(run)
  return ("state:%d:1"):format(run), ("state:%d:2"):format(run)
end

--- Makes `state` that of the run that goes on. False if one goes on already.
function store.begin(state, status)
  local run = dict:incr("runs", 1, 0)
  local key = keys(run)
  assert(dict:safe_set(key, state))
  local is_new, why = dict:safe_add("run", run)
  if is_new then
    dict:delete("record")
    store.show(status)
    return true
  end
  dict:delete(key)
  assert(why == "exists", why)
  return false
end

--- Whether a run goes on.
function store.is_running()
  return dict:get("run") ~= nil
end

--- The state of the run that goes on, if one does.
function store.state()
  local run = dict:get("run")
  if not run then
    return nil
  end
  local one, other = keys(run)
  -- Both are there if a worker died in `save`. It sent nothing since: either is right.
  return dict:get(one) or dict:get(other)
end

--- Keeps the state. Nothing may be sent that the store does not know of: raises if it is full.
function store.save(state)
  local old, new = keys(dict:get("run"))
  if not dict:ttl(old) then
    old, new = new, old
  end
  assert(dict:safe_set(new, state))
  dict:delete(old)
end

--- Keeps what people see of the run.
function store.show(status)
  assert(dict:safe_set("shown", rebalance.assert(rebalance.to_json(status))))
end

--- Ends the run: what is shown stays until the next.
function store.finish(status, record)
  local one, other = keys(dict:get("run"))
  store.show(status)
  if record then
    assert(dict:safe_set("record", rebalance.assert(rebalance.to_json(record))))
  end
  dict:delete("run")
  dict:delete(one)
  dict:delete(other)
end

-- The worker in a lease.
local function worker_of(lease)
  return lease and tonumber(lease:match("^%d+"))
end

--- What is known of the run that goes on, or of the last one.
function store.view()
  local shown, record = dict:get("shown"), dict:get("record")
  return shown and {
    is_running = store.is_running(),
    worker = worker_of(dict:get("lease")),
    status = rebalance.from_json(shown),
    record = record and rebalance.from_json(record),
  }
end

--- Asks whoever drives to stop. False if nothing goes on.
function store.stop()
  local run = dict:get("run")
  return run ~= nil and dict:safe_set("stop", run)
end

--- Whether somebody asked to stop the run that goes on.
function store.is_stopping()
  local run = dict:get("run")
  return run ~= nil and dict:get("stop") == run
end

local leases = 0

--- Makes this worker the one that drives, and gives its lease: another for each time, since a worker
--- that slept for long may have been about to drive already. Nothing if another drives.
function store.lease()
  leases = leases + 1
  local lease = ("%d:%d"):format(ngx.worker.pid(), leases)
  return dict:safe_add("lease", lease, LEASE_S) and lease
end

--- Stays the one that drives. False if this worker slept too long: another may drive by now.
function store.renew(lease)
  return dict:get("lease") == lease and dict:expire("lease", LEASE_S) and dict:get("lease") == lease
end

--- Lets another drive.
function store.release(lease)
  if dict:get("lease") == lease then
    dict:delete("lease")
  end
end

return store
