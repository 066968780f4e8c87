-- What needs no cluster: plans, statuses, JSON, errors and misuse.
local check = require "check"
local rebalance = require "emqx_rebalance"

local NODES = {
  { node = "emqx@n0", connections = 3333 },
  { node = "emqx@n1", connections = 3334 },
  { node = "emqx@n2", connections = 3333 },
  { node = "emqx@n3" },
}

local function refused_field(field, request)
  local err = check.refused("config_invalid", rebalance.plan(request))
  check.equal(err.context.field, field, "field")
  check.equal(err.retryable, false, "retryable")
  return err
end

return function(test)
  test("requiring it makes no globals", function()
    check.equal(_G.emqx_rebalance, nil)
    check.equal(_G.rebalance, nil)
    check.equal(rebalance, require "emqx_rebalance")
    check.contains(rebalance._VERSION, ".")
  end)

  test("it can be required within a coroutine", function()
    package.loaded.emqx_rebalance = nil
    local _, again = assert(coroutine.resume(coroutine.create(function()
      return require "emqx_rebalance"
    end)))
    check.equal(assert(again.plan { snapshot = { nodes = NODES } }).mode, "single")
    package.loaded.emqx_rebalance = rebalance
  end)

  test("a level plan leaves the nodes even", function()
    local plan = assert(rebalance.plan { snapshot = { nodes = NODES }, mode = "level" })
    check.equal(plan.decision, "start")
    assert(plan.balance.after.over < 0.01, plan.balance.after.over)
    check.equal(#plan.forecast.final, 4)
  end)

  test("whole numbers are whole", function()
    local plan = assert(rebalance.plan { snapshot = { nodes = NODES }, conn_evict_rate = 10 })
    check.equal(("%d"):format(plan.forecast.disconnects), tostring(plan.forecast.disconnects))
    if math.type then
      check.equal(math.type(plan.forecast.disconnects), "integer")
    end
  end)

  test("a number without a fraction is whole", function()
    local nodes = { { node = "a@h", connections = 900 / 2 }, { node = "b@h", connections = 0.0 } }
    local plan = assert(rebalance.plan { snapshot = { nodes = nodes }, abs_conn_threshold = 2 / 2 })
    check.equal(plan.donors, { "a@h" })
  end)

  test("a plan survives its JSON, empty lists and all", function()
    local plan = assert(rebalance.plan { snapshot = { nodes = NODES } })
    check.equal(#plan.findings >= 0, true)
    local text = assert(rebalance.to_json(plan))
    check.equal(assert(rebalance.from_json(text)), plan)
    check.contains(text, '"version":1')
  end)

  test("an empty table is a list where one is expected", function()
    local plan = assert(rebalance.plan { snapshot = { nodes = NODES }, exclude = {} })
    check.equal(plan, assert(rebalance.plan { snapshot = { nodes = NODES } }))
    refused_field("nodes", { snapshot = { nodes = NODES }, nodes = {} })
  end)

  test("an evacuation is planned", function()
    local plan = assert(rebalance.plan_evacuation {
      snapshot = { nodes = NODES }, node = "emqx@n1", conn_evict_rate = 50,
    })
    check.equal(plan.asked.node, "emqx@n1")
    check.refused("config_invalid", rebalance.plan_evacuation { snapshot = { nodes = NODES } })
  end)

  test("every problem is named at once", function()
    local err = refused_field("conn_evict_rate", {
      snapshot = { nodes = NODES }, conn_evict_rate = 0, rel_conn_threshold = 1, colour = "red",
    })
    check.equal(#err.problems, 3)
    check.contains(tostring(err), "colour")
    check.contains(err.message, "at least" and "whole number from 1")
  end)

  test("unknown nodes and missing snapshots are told apart", function()
    check.refused("unknown_node", rebalance.plan { snapshot = { nodes = NODES }, exclude = { "x@y" } })
    refused_field("snapshot", {})
  end)

  test("numbers beyond 2^53 - 1 are refused, with their place", function()
    local function nodes(count)
      return { snapshot = { nodes = { { node = "a@h", connections = count }, { node = "b@h" } } } }
    end
    refused_field("snapshot.nodes[0].connections", nodes(2 ^ 53))
    refused_field("snapshot.nodes[0].connections", nodes(-2 ^ 53))
    refused_field("snapshot.nodes[0].connections", nodes(1 / 0))
    refused_field("snapshot.nodes[0].connections", nodes(0 / 0))
    if math.maxinteger then
      refused_field("snapshot.nodes[0].connections", nodes(math.maxinteger))
      refused_field("snapshot.nodes[0].connections", nodes(math.mininteger))
    end
    assert(rebalance.plan(nodes(2 ^ 53 - 1)))
    check.refused("config_invalid", rebalance.from_json('{"a": [9007199254740992]}'))
    check.equal(assert(rebalance.from_json("[9007199254740991]"))[1], 2 ^ 53 - 1)
  end)

  test("what JSON does not have is refused, with its place", function()
    refused_field("snapshot.nodes[0].node", { snapshot = { nodes = { { node = print } } } })
    refused_field("snapshot.nodes", { snapshot = { nodes = { [1] = NODES[1], [3] = NODES[2] } } })
    refused_field("snapshot.nodes", { snapshot = { nodes = { NODES[1], n = 1 } } })
    refused_field("nodes", { snapshot = { nodes = NODES }, nodes = { [true] = "a@h" } })
    refused_field("coordinator", { snapshot = { nodes = NODES }, coordinator = "\255" })
    local loop = {}
    loop.a, loop.b = loop, loop
    check.contains(check.refused("config_invalid", rebalance.to_json(loop)).message, "not in itself")
  end)

  test("JSON keeps lists, objects and null", function()
    local text = '{"a":[],"b":{},"c":null,"d":[1,null,"x"],"e":1.5,"f":true}'
    local value = assert(rebalance.from_json(text))
    check.equal(value.c, rebalance.null)
    check.equal(value.d[2], rebalance.null)
    check.equal(rebalance.to_json(value), text)
    check.equal(rebalance.to_json(rebalance.array {}), "[]")
    check.equal(rebalance.to_json(nil), "null")
    check.equal(rebalance.to_json { nodes = rebalance.null }, '{"nodes":null}')
  end)

  test("null counts as absent", function()
    local request = { snapshot = { nodes = NODES }, nodes = rebalance.null }
    check.equal(assert(rebalance.plan(request)).decision, "start")
  end)

  test("bad JSON is an error of the input", function()
    check.equal(check.refused("config_invalid", rebalance.from_json("{")).context.field, "text")
  end)

  test("a status is read from text and table", function()
    local text = '{"version":1,"phase":"Processing","wave":1,"runs":[],"nodes":[],"progress":'
      .. '{"moved":5,"to_move":10,"percent":50.0,"elapsed_s":3}}'
    local status = assert(rebalance.status(text))
    check.equal(status.progress.moved, 5)
    check.equal(status.outcome, nil)
    check.equal(assert(rebalance.status(status)), status)
    check.refused("config_invalid", rebalance.status((text:gsub('"moved":5', '"moved":9007199254740992'))))
    check.equal(check.refused("config_invalid", rebalance.status("{")).context.field, "text")
    check.refused("config_invalid", rebalance.status("{}"))
    check.refused("config_invalid", rebalance.status {})
  end)

  test("an error is raised as its text", function()
    check.equal(rebalance.assert(rebalance.from_json("[]")), {})
    check.equal(rebalance.assert(false), false)
    local where = check.raises("config_invalid: ", function()
      rebalance.assert(rebalance.from_json("{"))
    end)
    check.contains(where, "offline_spec.lua:")
  end)

  test("a record that is none is refused, and an evacuation has no page", function()
    check.refused("config_invalid", rebalance.record "{}")
    check.refused("config_invalid", rebalance.record { version = 1 })
    check.raises("bad argument #1 to 'record' (table expected", rebalance.record)
  end)

  test("misuse raises at the caller, and names the argument", function()
    local where = check.raises("bad argument #1 to 'plan' (table expected, got string)", function()
      local plan = rebalance.plan("x")
      return plan
    end)
    check.contains(where, "offline_spec.lua:")
    check.raises("bad argument #1 to 'plan' (table expected, got nil)", rebalance.plan)
    check.raises("bad argument #1 to 'plan_evacuation'", rebalance.plan_evacuation, 7)
    check.raises("bad argument #1 to 'status'", rebalance.status)
    check.raises("bad argument #1 to 'from_json' (string expected", rebalance.from_json, {})
    check.raises("bad argument #1 to 'array' (table expected", rebalance.array, "x")
    check.raises("bad argument #1 to 'cluster' (table expected", rebalance.cluster, "http://h")
  end)
end
