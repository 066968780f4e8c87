-- Runs the spec files that are named: `lua run.lua plan_spec.lua …`. Each gives a function that takes
-- `test(name, body)`.
local passed, failed = 0, 0

local function test(name, body)
  local began = os.time()
  local ok, err = xpcall(body, debug.traceback)
  if os.time() - began > 3 then
    print(("%d s: %s"):format(os.time() - began, name))
  end
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    io.stderr:write(("FAILED: %s\n%s\n"):format(name, tostring(err)))
  end
end

for _, file in ipairs(arg) do
  local before = passed + failed
  assert(loadfile(file))()(test)
  assert(passed + failed > before, file .. " holds no test")
end

print(("%s: %d passed, %d failed"):format(_VERSION, passed, failed))
assert(passed > 0, "there are no tests")
if failed > 0 then
  os.exit(1)
end
