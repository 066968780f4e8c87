-- What the specs compare with.
local check = {}

-- Whether two values hold the same. Numbers of different types are the same if they are as large.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

local function shown(value)
  if type(value) == "table" and getmetatable(value) == nil then
    local parts = {}
    for key, inner in pairs(value) do
      parts[#parts + 1] = tostring(key) .. "=" .. shown(inner)
    end
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  return tostring(value)
end

function check.equal(found, expected, what)
  if not same(found, expected) then
    local text = "%s: expected %s, found %s"
    error(text:format(what or "value", shown(expected), shown(found)), 2)
  end
end

function check.near(found, expected, within, what)
  if math.abs(found - expected) > within then
    error(("%s: expected %s, found %s"):format(what or "value", expected, found), 2)
  end
end

function check.contains(text, part)
  if not tostring(text):find(part, 1, true) then
    error(("`%s` is not in `%s`"):format(part, tostring(text)), 2)
  end
end

-- That a call gave `nil` and an error of `kind`, and returns the error.
function check.refused(kind, value, err)
  if value ~= nil or type(err) ~= "table" then
    error(("expected nil and an error, found %s and %s"):format(shown(value), shown(err)), 2)
  end
  check.equal(err.kind, kind, "kind")
  check.contains(err, kind .. ": ")
  return err
end

-- That `call(...)` raises a plain text that holds `part`.
function check.raises(part, call, ...)
  local ok, err = pcall(call, ...)
  if ok then
    error("expected an error", 2)
  end
  check.equal(type(err), "string", "type of the error")
  check.contains(err, part)
  return err
end

-- Asks `wish` again and again until it gives something true, and gives that.
function check.eventually(what, wish)
  local last = os.time() + 60
  while os.time() < last do
    local found = wish()
    if found then
      return found
    end
  end
  error(what .. " did not come", 2)
end

function check.file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

return check
