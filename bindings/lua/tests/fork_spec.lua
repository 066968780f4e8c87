-- After a fork, by LuaJIT's own `ffi`; other Luas have no way to fork.
local check = require "check"
local rebalance = require "emqx_rebalance"

local is_there, ffi = pcall(require, "ffi")

local urls = {}
for url in os.getenv("EMQX_URL"):gmatch("[^,]+") do
  urls[#urls + 1] = url
end

-- Runs `body` in a child, and gives what the child's body gave as its exit code.
local function in_child(body)
  local pid = ffi.C.fork()
  if pid == 0 then
    local ok, err = xpcall(body, debug.traceback)
    if not ok then
      io.stderr:write(tostring(err), "\n")
    end
    -- Nothing else of the parent's is done in the child: its tests are the parent's.
    ffi.C._exit(ok and 7 or 1)
  end
  local status = ffi.new "int[1]"
  ffi.C.waitpid(pid, status, 0)
  return math.floor(status[0] / 256) % 256
end

local function in_a_child_too()
  local cluster = assert(rebalance.cluster { urls = urls })
  assert(cluster:snapshot())
  local job = assert(cluster:job("snapshot"))
  local plan = assert(rebalance.plan { snapshot = { nodes = {
    { node = "a@h", connections = 9000 }, { node = "b@h" },
  } } })
  local run = assert(assert(rebalance.cluster { urls = { os.getenv("HUNG_URL") } }):start(plan))
  local code = in_child(function()
    check.equal(#assert(cluster:snapshot()).nodes, #urls)
    local is_over, _, err = job:poll()
    check.equal(is_over, true)
    check.equal(err.kind, "conflict")
    check.refused("conflict", job:wait())
    check.refused("conflict", run:status())
    check.refused("conflict", run:wait())
    check.refused("conflict", run:stop())
    job, run, cluster = nil, nil, nil
    collectgarbage()
    collectgarbage()
  end)
  check.equal(code, 7, "exit code of the child")
  check.equal(#assert(job:wait(20)).nodes, #urls)
  check.equal(assert(run:status()).phase, "Processing")
end

return function(test)
  if not is_there then
    test("other Luas have no fork", function()
      check.equal(rawget(_G, "jit"), nil)
    end)
    return
  end
  ffi.cdef "int fork(void); int waitpid(int pid, int *status, int options); void _exit(int code);"
  test("a cluster works in a child, and jobs and runs of the parent say whose they are", function()
    for _ = 1, 5 do
      in_a_child_too()
    end
  end)
end
