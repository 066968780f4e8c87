-- How long loading and planning take: `luajit tests/numbers.lua`, with LUA_CPATH at a release build.
local began = os.clock()
local rebalance = require "emqx_rebalance"
print(("require: %.2f ms"):format((os.clock() - began) * 1000))

local nodes = {
  { node = "emqx@10.0.0.1", connections = 3333 },
  { node = "emqx@10.0.0.2", connections = 3334 },
  { node = "emqx@10.0.0.3", connections = 3333 },
  { node = "emqx@10.0.0.4", connections = 0 },
}

local function measure(name, times, work)
  work()
  local from = os.clock()
  for _ = 1, times do
    work()
  end
  print(("%s: %.3f ms"):format(name, (os.clock() - from) * 1000 / times))
end

for _, mode in ipairs { "single", "level" } do
  measure("plan of 4 nodes, " .. mode, 200, function()
    assert(rebalance.plan { snapshot = { nodes = nodes }, mode = mode, conn_evict_rate = 10 })
  end)
end
