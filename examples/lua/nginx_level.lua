--- Levels a cluster from within nginx, by its cosockets. The state is in a shared dict: when the worker that
--- drives ends, by a reload or a signal, another goes on from it and starts nothing twice.
---
---     lua_shared_dict rebalance 16m;
---     init_worker_by_lua_block { require("nginx_level").watch() }
---     # in a location for POST: ngx.say(require("nginx_level").start())
local cosocket = require "emqx_rebalance.ngx_cosocket"
local rebalance = require "emqx_rebalance"
-- luacheck: globals ngx

local level = {}

local dict = ngx.shared.rebalance
-- Seconds after which a worker that says nothing is taken for dead.
local LEASE_S = 5

-- EMQX_URL, EMQX_API_KEY and EMQX_API_SECRET say where it is and who asks. `rebalance.assert` raises an error
-- as text, since nginx shows no other.
local cluster = rebalance.assert(rebalance.cluster { http = cosocket.new() })

-- Keeps the state before any request is sent. What is not kept is not sent.
local function save(state)
  assert(dict:safe_set("state", state))
end

-- Stays the one that drives, until the verdict or the end of this worker.
local function follow(_, run)
  local is_over, outcome, err
  repeat
    dict:set("driver", true, LEASE_S)
    run:wait(1)
    is_over, outcome, err = run:poll()
  until is_over
  ngx.log(ngx.NOTICE, "rebalance: ", outcome and outcome.result or tostring(err))
  if outcome then
    dict:delete("state")
  end
  dict:delete("driver")
end

-- Goes on with a run that nobody drives.
local function look(is_premature)
  if not is_premature and dict:get("state") and dict:add("driver", true, LEASE_S) then
    -- Read now that nobody else changes it: it may be over by now.
    local state = dict:get("state")
    if state then
      follow(false, rebalance.assert(cluster:resume(state, { save = save })))
    end
    dict:delete("driver")
  end
end

--- Goes on, in every worker, with a run whose worker is gone. For init_worker_by_lua.
function level.watch()
  assert(ngx.timer.every(1, look))
end

--- Begins to level. Gives a line that says so, or why not.
function level.start()
  local plan, err = cluster:plan { mode = "level", conn_evict_rate = 100, load_balancer = "round_robin" }
  if not plan then
    return tostring(err)
  elseif not dict:add("driver", true, LEASE_S) then
    return "one goes on already"
  end
  local run = rebalance.assert(cluster:start(plan, { save = save, who = "nginx" }))
  assert(ngx.timer.at(0, follow, run))
  return "started"
end

return level
