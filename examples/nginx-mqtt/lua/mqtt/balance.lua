--- Chooses a node for a new client, and counts the client.
local choice = require "mqtt.choice"
local nodes = require "mqtt.nodes"
local rebalance = require "emqx_rebalance"

local balance = {}

local TRIES = 3

local function choose(candidates)
  local node = choice.of(candidates)
  nodes.count(node.name)
  return node
end

--- Where a new client goes, as `host:port`.
function balance.address()
  return choose(nodes.all()).address
end

--- Sends a new client to a node. For balancer_by_lua, which calls it again when a node takes no
--- connection.
function balance.peer()
  local balancer = require "ngx.balancer"
  local failed = ngx.ctx.failed
  if not failed then
    failed = {}
    ngx.ctx.failed = failed
    balancer.set_more_tries(TRIES - 1)
  end
  local node = choose(choice.without(nodes.all(), failed))
  failed[node.name] = true
  assert(balancer.set_current_peer(node.host, node.port))
end

--- What is known of the nodes, as JSON, for people.
function balance.report()
  return (assert(rebalance.to_json(nodes.all())))
end

return balance
