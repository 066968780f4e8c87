-- Builds the module for the Lua that runs this, into build/rock. For LuaRocks' `command` build type.
local feature = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d"):gsub("%.", "")
local profile = os.getenv("EMQX_REBALANCE_PROFILE") or "release"
local target = os.getenv("CARGO_TARGET_DIR") or "target"
local folder = profile == "dev" and "debug" or profile

local function run(command)
  local status = os.execute(command)
  assert(status == true or status == 0, "failed: " .. command)
end

-- LuaRocks' compiler is not what cargo's packages were built with, if they were built before.
run(("env -u CC cargo build --profile %s --target-dir %s --features %s"):format(profile, target, feature))
run("mkdir -p build/rock")
run(("cp %s/%s/libemqx_rebalance.so build/rock/emqx_rebalance.so"):format(target, folder))
