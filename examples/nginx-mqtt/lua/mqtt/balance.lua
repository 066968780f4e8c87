--- Chooses a node for a new client, and counts the client.
local choice = require "mqtt.choice"
local nodes = require "mqtt.nodes"
local probe = require "mqtt.probe"
local rebalance = require "emqx_rebalance"

local balance = {}

local TRIES = 3

-- The best node that is not among those that failed.
local function choose(failed)
  return choice.of(choice.without(nodes.all(), failed))
end

--- Where a new client goes, as `host:port`. nginx asks once for each client, so nodes are tried first.
function balance.address()
  local failed, node = {}, nil
  for _ = 1, TRIES do
    node = choose(failed)
    if probe.is_open(node) then
      break
    end
    failed[node.name] = true
  end
  nodes.count(node.name)
  return node.address
end

--- Sends a new client to a node. For balancer_by_lua, which cannot try a node first, and is called again
--- when one takes no connection: no other client needs to find that out.
function balance.peer()
  local balancer = require "ngx.balancer"
  local tried = ngx.ctx.tried
  if tried then
    probe.mark(tried.last, false)
  else
    tried = { failed = {} }
    ngx.ctx.tried = tried
    balancer.set_more_tries(TRIES - 1)
  end
  local node = choose(tried.failed)
  nodes.count(node.name)
  tried.last, tried.failed[node.name] = node, true
  assert(balancer.set_current_peer(node.host, node.port))
end

--- What is known of the nodes, as JSON, for people.
function balance.report()
  return rebalance.assert(rebalance.to_json(nodes.all()))
end

return balance
