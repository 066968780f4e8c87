-- The store of examples/nginx-gateway, by LuaJIT alone, on a dict that behaves as nginx's.
local check = require "check"

-- A shared dict for texts of `room` bytes in all. The time passes when `dict.now` is moved.
local function new_dict(room)
  local dict = { now = 0 }
  local values, ends = {}, {}

  function dict:get(key)
    if ends[key] and ends[key] <= self.now then
      values[key] = nil
    end
    return values[key]
  end

  function dict:ttl(key)
    if self:get(key) == nil then
      return nil, "not found"
    end
    return ends[key] and ends[key] - self.now or 0
  end

  -- As in nginx, what is there already makes room first, and is gone even if that is not enough.
  function dict:safe_set(key, value, ttl)
    values[key] = nil
    local used = #tostring(value)
    for _, kept in pairs(values) do
      used = used + #tostring(kept)
    end
    if used > room then
      return nil, "no memory"
    end
    values[key], ends[key] = value, ttl and self.now + ttl
    return true
  end

  function dict:safe_add(key, value, ttl)
    if self:get(key) ~= nil then
      return false, "exists"
    end
    return self:safe_set(key, value, ttl)
  end

  function dict:incr(key, by, init)
    values[key] = (self:get(key) or init) + by
    return values[key]
  end

  function dict:expire(key, ttl)
    ends[key] = self.now + ttl
    return true
  end

  function dict.delete(_, key)
    values[key] = nil
  end

  return dict
end

local STATUS = { phase = "Processing" }

-- A store of its own, on a dict of `room` bytes.
local function new_store(room)
  local dict = new_dict(room or 10000)
  rawset(_G, "ngx", { shared = { rebalance = dict }, worker = { pid = function() return 77 end } })
  package.loaded["gateway.store"] = nil
  return require "gateway.store", dict
end

return function(test)
  test("one run at a time, whose state is the last that was saved", function()
    local store = new_store()
    check.equal(store.is_running(), false)
    check.equal(store.begin("one", STATUS), true)
    check.equal(store.begin("other", STATUS), false)
    check.equal(store.state(), "one")
    for _, state in ipairs { "two", "three", "four" } do
      store.save(state)
      check.equal(store.state(), state)
    end
    store.finish(STATUS, { outcome = "x" })
    check.equal(store.state(), nil)
    check.equal(store.view().is_running, false)
    check.equal(store.view().record.outcome, "x")
    check.equal(store.begin("five", STATUS), true)
    check.equal(store.view().record, nil)
  end)

  test("a state that does not fit in does not cost the one before", function()
    local store = new_store(1000)
    assert(store.begin(("a"):rep(300), STATUS))
    store.save(("b"):rep(300))
    check.raises("no memory", store.save, ("c"):rep(900))
    check.equal(store.state(), ("b"):rep(300))
    store.save(("d"):rep(300))
    check.equal(store.state(), ("d"):rep(300))
    check.raises("no memory", new_store(100).begin, ("a"):rep(300), STATUS)
  end)

  test("a wish to stop is for the run that goes on, not for the next", function()
    local store, dict = new_store()
    check.equal(store.stop(), false)
    assert(store.begin("one", STATUS))
    check.equal(store.is_stopping(), false)
    -- The run ends in another worker while this one is asked to stop it.
    local set = dict.safe_set
    function dict:safe_set(...)
      dict.safe_set = set
      store.finish(STATUS)
      return set(self, ...)
    end
    store.stop()
    assert(store.begin("two", STATUS))
    check.equal(store.is_stopping(), false)
    check.equal(store.stop(), true)
    check.equal(store.is_stopping(), true)
  end)

  test("of two drivings in one worker, the one with the lease goes on", function()
    local store, dict = new_store()
    assert(store.begin("one", STATUS))
    local slept = store.lease()
    check.equal(store.lease(), false)
    check.equal(store.renew(slept), true)
    check.equal(store.view().worker, 77)
    dict.now = 4
    local awake = store.lease()
    check.equal(store.renew(slept), false)
    store.release(slept)
    check.equal(store.renew(awake), true)
    store.release(awake)
    check.equal(store.view().worker, nil)
  end)
end
