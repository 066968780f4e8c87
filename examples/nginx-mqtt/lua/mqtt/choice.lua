--- Which node a new client goes to. Values in, a value out: no nginx, no clock.
---
--- A node is `{ name, address, is_open, connections, picked, status }`: whether its MQTT port takes
--- connections; the clients it had when EMQX was asked last; the clients that were sent to it and are not
--- among those; and what EMQX said of it: `running`, `donor`, `evacuating`, `stopped`, or nil if EMQX said
--- nothing lately, or does not know it.
local choice = {}

-- How good a node is: the lowest wins.
local function rank(node)
  if not node.is_open then
    return 3
  elseif node.status == "running" then
    return 0
  end
  -- Nothing known, as while EMQX's API is down, is better than a donor, which refuses clients.
  return node.status == nil and 1 or 2
end

local function load(node)
  return node.connections + node.picked
end

local function is_better(a, b)
  local rank_a, rank_b = rank(a), rank(b)
  if rank_a ~= rank_b then
    return rank_a < rank_b
  end
  return load(a) < load(b)
end

--- The best node: one that serves, with the fewest clients; the first of several. Without any that
--- serves, the least bad: a refused client comes again.
function choice.of(nodes)
  local best = nodes[1]
  for i = 2, #nodes do
    if is_better(nodes[i], best) then
      best = nodes[i]
    end
  end
  return best
end

--- The nodes other than those that failed already; all of them if all did.
function choice.without(nodes, failed)
  local left = {}
  for _, node in ipairs(nodes) do
    if not failed[node.name] then
      left[#left + 1] = node
    end
  end
  return #left > 0 and left or nodes
end

return choice
