-- For LuaRocks without any plug-in: `luarocks make emqx-rebalance-command-scm-1.rockspec` here, with
-- cargo on the path.
rockspec_format = "3.0"
package = "emqx-rebalance-command"
version = "scm-1"
source = { url = "git+https://github.com/emqx-rebalance/emqx-rebalance", dir = "emqx-rebalance/bindings/lua" }
description = {
  summary = "Plans, drives and watches the rebalancing of EMQX clusters",
  license = "Apache-2.0",
}
dependencies = { "lua >= 5.1, < 5.5" }
build = {
  type = "command",
  build_command = "$(LUA) rock.lua",
  install = {
    lib = { emqx_rebalance = "build/rock/emqx_rebalance.so" },
    lua = {
      ["emqx_rebalance.nginx"] = "lua/emqx_rebalance/nginx.lua",
      ["emqx_rebalance.ngx_cosocket"] = "lua/emqx_rebalance/ngx_cosocket.lua",
      ["emqx_rebalance.ngx_crew"] = "lua/emqx_rebalance/ngx_crew.lua",
      ["emqx_rebalance.resty_http"] = "lua/emqx_rebalance/resty_http.lua",
      ["emqx_rebalance.options"] = "lua/emqx_rebalance/options.lua",
      ["emqx_rebalance.types"] = "lua/emqx_rebalance/types.lua",
    },
  },
}
