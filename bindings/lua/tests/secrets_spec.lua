-- Secrets are planted wherever a user may give one, and looked for in all that comes out. It comes after the specs that
-- need an uneven cluster.
local check = require "check"
local rebalance = require "emqx_rebalance"

local LIST = check.file("../../../tests/canary/secrets.json")
local URLS, OWN = {}, os.getenv("EMQX_API_SECRET")
for url in os.getenv("EMQX_URL"):gmatch("[^,]+") do
  URLS[#URLS + 1] = url
end

local function named(name)
  return assert(LIST:match('"' .. name .. '"%s*:%s*"([^"]+)"'), name)
end

local SECRETS = { OWN }
for secret in LIST:gmatch('"(canary%d[^"]+)"') do
  SECRETS[#SECRETS + 1] = secret
end

-- Every way to say who asks.
local WAYS = {
  { api_key = named "api_key", api_secret = named "api_secret" },
  { username = named "username", password = named "password" },
}

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Base64 of the text, of as many whole groups of three as there are.
local function encoded(text)
  local out = {}
  for i = 1, #text - 2, 3 do
    local a, b, c = text:byte(i, i + 2)
    local group = a * 65536 + b * 256 + c
    for _, unit in ipairs { 262144, 4096, 64, 1 } do
      local digit = math.floor(group / unit) % 64 + 1
      out[#out + 1] = DIGITS:sub(digit, digit)
    end
  end
  return table.concat(out)
end

local function none_in(what, text)
  for _, secret in ipairs(SECRETS) do
    assert(not text:find(secret, 1, true), what)
    -- Whatever stands before it moves it by none, one or two characters.
    for from = 1, 3 do
      assert(not text:find(encoded(secret:sub(from)), 1, true), what .. ", in base64")
    end
  end
end

-- All that can be printed of a value.
local function shown(value)
  local texts = { tostring(value), rebalance.to_json(value) or "" }
  if type(value) == "table" then
    for key, inner in pairs(value) do
      texts[#texts + 1] = tostring(key) .. tostring(inner)
    end
  end
  return table.concat(texts, "\n")
end

return function(test)
  test("base64 is told by who looks for it", function()
    check.equal(encoded "light work", "bGlnaHQgd29y")
    assert(not pcall(none_in, "x", "Basic " .. encoded("kk" .. SECRETS[2])))
  end)

  test("a rebalance leaves no secret anywhere", function()
    local emqx, file = assert(rebalance.cluster { urls = URLS }), os.tmpname()
    local plan = assert(emqx:plan { mode = "level", conn_evict_rate = 300, wait_health_check = 1, wait_takeover = 1 })
    local run = assert(emqx:start(plan, { poll_interval_ms = 200, state_file = file, force = true }))
    local outcome = assert(run:wait(90))
    local values = {
      cluster = emqx, plan = plan, run = run, outcome = outcome,
      status = assert(run:status()), record = assert(run:record()),
    }
    for what, value in pairs(values) do
      none_in(what, shown(value))
    end
    none_in("the state", check.file(file))
    none_in("the page", assert(run:report()))
    os.remove(file)
  end)

  test("who is refused is not told by what", function()
    for _, way in ipairs(WAYS) do
      way.urls = URLS
      local emqx = assert(rebalance.cluster(way))
      none_in("the error", shown(check.refused("unauthorized", emqx:snapshot())))
      none_in("the cluster", shown(emqx))
    end
  end)

  test("what is refused at once shows no secret", function()
    local secret, key = named "api_secret", named "api_key"
    for _, config in ipairs {
      { api_key = key, api_secret = secret, token = named "token" },
      { api_key = key, api_secret = { secret } },
      { api_key = key, api_secret = secret, request_timeout_s = "soon" },
      { api_key = key, api_secret = secret, retries = 3 },
      { urls = { "http://user:" .. named "url_password" .. "@127.0.0.1:1" } },
    } do
      config.urls = config.urls or URLS
      none_in("the error", shown(check.refused("config_invalid", rebalance.cluster(config))))
    end
  end)
end
