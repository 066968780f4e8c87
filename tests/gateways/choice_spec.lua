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

-- examples/nginx-mqtt's answer on a bare connection, where nginx's stream module has no HTTP. `lines` are
-- what the client sends.
local function served(lines)
  local sent
  rawset(_G, "ngx", {
    req = {
      socket = function()
        return { receive = function() return table.remove(lines, 1) end }
      end,
    },
    print = function(text)
      sent = text
    end,
  })
  package.loaded["mqtt.balance"] = { report = function() return '[{"name":"a@h"}]' end }
  package.loaded["mqtt.report"] = nil
  require("mqtt.report").serve()
  return sent
end

local function nothing() end

-- examples/nginx-mqtt before nodes of which those in `dead` take no connections, as was found out `tried`
-- seconds ago or never. Gives what it does for clients, and the names of nodes that were tried for it.
local function balancer(dead, tried)
  local values, attempts, said = {}, {}, {}
  local function connect(_, host)
    attempts[#attempts + 1] = host
    return not dead[host] or nil
  end
  local dict = {
    get = function(_, key) return values[key] end,
    set = function(_, key, value) values[key] = value end,
    delete = function(_, key) values[key] = nil end,
    add = function(_, key, value)
      local is_new = values[key] == nil
      values[key] = is_new and value or values[key]
      return is_new
    end,
    incr = function(_, key, by, init) values[key] = (values[key] or init) + by end,
  }
  rawset(_G, "ngx", {
    shared = { mqtt = dict },
    now = function() return 100 end,
    log = function(_, ...) said[#said + 1] = table.concat { ... } end,
    socket = { tcp = function() return { settimeout = nothing, connect = connect, close = nothing } end },
  })
  for _, name in ipairs { "balance", "nodes", "probe" } do
    package.loaded["mqtt." .. name] = nil
  end
  package.loaded["mqtt.places"] = {
    read = function()
      return {
        { name = "a@h", address = "1:1", host = "1", port = 1 },
        { name = "b@h", address = "2:1", host = "2", port = 1 },
      }
    end,
  }
  local balance = require "mqtt.balance"
  package.loaded["mqtt.places"] = nil
  values["tried:a@h"], values["tried:b@h"] = tried and 100 - tried, tried and 100 - tried
  return balance, attempts, said
end

return function(test)
  test("what the balancer knows is told over a bare connection", function()
    local lines = { "GET /nodes HTTP/1.1", "host: h", "", "beyond the head" }
    local text = served(lines)
    check.contains(text, "HTTP/1.1 200 OK\r\n")
    check.contains(text, "cache-control: no-store\r\n")
    check.contains(text, "content-length: 17\r\n")
    check.equal(text:match("\r\n\r\n(.*)$"), '[{"name":"a@h"}]\n')
    check.equal(lines, { "beyond the head" })
    check.contains(served { "GET / HTTP/1.1", "" }, "404 Not Found")
    check.contains(served { "POST /nodes HTTP/1.1", "" }, "\r\nallow: GET\r\n")
    check.contains(served { "\0\1\2" }, "400 Bad Request")
    check.contains(served {}, "400 Bad Request")
  end)

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

  test("a client is sent to no node that has died since it was tried", function()
    local balance, attempts, said = balancer({ ["1"] = true }, nil)
    for _ = 1, 3 do
      check.equal(balance.address(), "2:1")
    end
    check.equal(attempts, { "1", "2" }, "tried once each, and believed for a moment")
    check.equal(said, { "a@h at 1:1 takes no MQTT connections" })
    balance, attempts = balancer({}, 0.05)
    check.equal(balance.address(), "1:1")
    check.equal(attempts, {})
    -- Where all are dead the least bad is given, and nginx says that it takes no connection.
    balance, attempts = balancer({ ["1"] = true, ["2"] = true }, 5)
    assert(balance.address():find("^[12]:1$"))
    check.equal(#attempts, 2)
  end)
end
