-- The choice of examples/nginx-mqtt, by LuaJIT alone.
local check = require "check"
local choice = require "mqtt.choice"
local counts = require "mqtt.counts"
local places = require "mqtt.places"

local function node(name, connections, more)
  local made = {
    name = name, connections = connections, picked = 0, is_open = true, status = "running",
  }
  for field, value in pairs(more or {}) do
    made[field] = value
  end
  return made
end

return function(test)
  test("the fewest clients win, and those that are on their way count", function()
    check.equal(choice.of({ node("a", 5), node("b", 3), node("c", 4) }).name, "b")
    check.equal(choice.of({ node("a", 5), node("b", 3, { picked = 2 }), node("c", 4) }).name, "c")
    check.equal(choice.of({ node("a", 3), node("b", 3) }).name, "a")
  end)

  test("clients one after the other level the nodes", function()
    local nodes = { node("a", 100), node("b", 40), node("c", 0) }
    for _ = 1, 160 do
      local chosen = choice.of(nodes)
      chosen.picked = chosen.picked + 1
    end
    for _, filled in ipairs(nodes) do
      check.equal(filled.connections + filled.picked, 100, filled.name)
    end
  end)

  test("what does not serve is left out, however empty it is", function()
    for _, status in ipairs { "donor", "evacuating", "stopped" } do
      check.equal(choice.of({ node("a", 0, { status = status }), node("b", 9) }).name, "b")
    end
    check.equal(choice.of({ node("a", 0, { is_open = false }), node("b", 9) }).name, "b")
  end)

  test("without news of EMQX, open ports and own counts decide", function()
    local function silent(name, picked, is_open)
      local made = node(name, 0, { picked = picked, is_open = is_open })
      made.status = nil
      return made
    end
    check.equal(choice.of({ silent("a", 2, true), silent("b", 1, true), silent("c", 0, false) }).name, "b")
  end)

  test("where nobody serves, the least bad is tried", function()
    local donor = node("donor", 9, { status = "donor" })
    local closed = node("closed", 0, { is_open = false })
    check.equal(choice.of({ closed, donor }).name, "donor")
    check.equal(choice.of({ closed }).name, "closed")
  end)

  test("nodes that failed are left out, unless all did", function()
    local a, b = node("a", 0), node("b", 0)
    check.equal(choice.without({ a, b }, { a = true }), { b })
    check.equal(choice.without({ a, b }, { a = true, b = true }), { a, b })
  end)

  test("clients whose CONNECT has not come are counted, and no client twice", function()
    -- 10 were sent between two questions.
    check.equal(counts.late(100, 110, 10), 10, "nobody came yet")
    check.equal(counts.late(106, 110, 10), 4, "some came")
    check.equal(counts.late(110, 110, 10), 0, "all came")
    check.equal(counts.late(115, 110, 10), 0, "others came by another way")
    check.equal(counts.late(60, 110, 10), 10, "others left")
    check.equal(counts.late(90, 100, 0), 0, "nobody was sent")
  end)

  test("places are read, and bad ones are refused", function()
    check.equal(places.read "emqx@10.0.0.1=10.0.0.1:1883, b@h=10.0.0.2:1884", {
      { name = "emqx@10.0.0.1", address = "10.0.0.1:1883", host = "10.0.0.1", port = 1883 },
      { name = "b@h", address = "10.0.0.2:1884", host = "10.0.0.2", port = 1884 },
    })
    check.raises("is not node=address:port", places.read, "emqx1=emqx1.example:1883")
    check.raises("is not node=address:port", places.read, "10.0.0.1:1883")
    check.raises("MQTT_NODES is empty", places.read, nil)
  end)
end
