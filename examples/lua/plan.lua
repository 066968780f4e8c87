-- Plans without a cluster: who loses clients, for how long, and how even the nodes are before and after.
--
--   lua plan.lua
local rebalance = require "emqx_rebalance"

local plan = assert(rebalance.plan {
  mode = "level",
  conn_evict_rate = 100,
  snapshot = {
    nodes = {
      { node = "emqx@10.0.0.1", connections = 3333 },
      { node = "emqx@10.0.0.2", connections = 3334 },
      { node = "emqx@10.0.0.3", connections = 3333 },
      { node = "emqx@10.0.0.4", connections = 0 },
    },
  },
})

print(("%s: %d disconnects in %d s"):format(plan.decision, plan.forecast.disconnects, plan.forecast.duration_s))
print(("fullest node over the mean: %.1f %% now, %.1f %% then"):format(
  plan.balance.before.over * 100, plan.balance.after.over * 100))
for _, node in ipairs(plan.forecast.final) do
  print(("  %s  %d"):format(node.node, node.connections))
end
for _, finding in ipairs(plan.findings) do
  print(finding.severity .. ": " .. finding.message)
end
