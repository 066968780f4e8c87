--- What all workers know: the run that goes on, the last one, and who drives. A shared dict outlives
--- workers and reloads.
local rebalance = require "emqx_rebalance"

local store = {}

local dict = ngx.shared.rebalance

-- Seconds after which a worker that says nothing is taken for dead.
local LEASE_S = 3

--- Makes `state` the run that goes on. False if there is one already.
function store.begin(state, status)
  local is_new, why = dict:safe_add("state", state)
  assert(is_new or why == "exists", why)
  if is_new then
    dict:delete("record")
    store.show(status)
  end
  return is_new
end

--- The state of the run that goes on, if one does.
function store.state()
  return dict:get("state")
end

--- Keeps the state. Nothing may be sent that the store does not know of: raises if it is full.
function store.save(state)
  assert(dict:safe_set("state", state))
end

--- Keeps what people see of the run.
function store.show(status)
  assert(dict:safe_set("shown", assert(rebalance.to_json(status))))
end

--- Ends the run: what is shown stays until the next.
function store.finish(status, record)
  store.show(status)
  if record then
    assert(dict:safe_set("record", assert(rebalance.to_json(record))))
  end
  dict:delete("stop")
  dict:delete("state")
end

--- What is known of the run that goes on, or of the last one.
function store.view()
  local shown, record = dict:get("shown"), dict:get("record")
  return shown and {
    is_running = store.state() ~= nil,
    worker = dict:get("lease"),
    status = rebalance.from_json(shown),
    record = record and rebalance.from_json(record),
  }
end

--- Asks whoever drives to stop. False if nothing goes on.
function store.stop()
  return store.state() ~= nil and dict:safe_set("stop", true)
end

--- Whether somebody asked to stop.
function store.is_stopping()
  return dict:get("stop") == true
end

--- Makes this worker the one that drives. False if another does.
function store.lease()
  return (dict:add("lease", ngx.worker.pid(), LEASE_S))
end

--- Stays the one that drives. False if this worker slept too long: another may drive by now.
function store.renew()
  local pid = ngx.worker.pid()
  return dict:get("lease") == pid and dict:expire("lease", LEASE_S) and dict:get("lease") == pid
end

--- Lets another worker drive.
function store.release()
  if dict:get("lease") == ngx.worker.pid() then
    dict:delete("lease")
  end
end

return store
