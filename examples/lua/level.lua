-- Levels the cluster of EMQX_URL, EMQX_API_KEY and EMQX_API_SECRET, shows how far it is, and says how it
-- ended. Killed and run again, it goes on where it was.
--
--   lua level.lua [STATE_FILE]
local rebalance = require "emqx_rebalance"

local path = arg[1] or "level.json"

-- The text of the file, if there is one.
local function stored()
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  return text
end

local cluster = assert(rebalance.cluster {})

local run
local state = stored()
if state then
  print("going on with what was begun")
  run = assert(cluster:resume(state, { state_file = path }))
else
  local plan = assert(cluster:plan {
    mode = "level", conn_evict_rate = 100, wait_health_check = "2s", wait_takeover = "2s",
  })
  if plan.decision ~= "start" then
    print(plan.reason)
    return
  end
  run = assert(cluster:start(plan, { state_file = path, who = "level.lua" }))
end

local outcome, err
repeat
  outcome, err = run:wait(1)
  local status = run:status()
  if status then
    print(("%3.0f %%  %d of %d"):format(status.progress.percent, status.progress.moved, status.progress.to_move))
  end
until outcome or err.kind ~= "timeout"

os.remove(path)
print(outcome and outcome.result .. ": " .. outcome.detail or tostring(err))
os.exit(outcome and (outcome.result == "completed" or outcome.result == "already_balanced") and 0 or 1)
