std = "min"
cache = false
exclude_files = { "target", "build" }
files["lua"].read_globals = { "ngx" }
-- What newer Luas have is tried where it is there.
files["tests"].read_globals = { math = { fields = { "type", "maxinteger", "mininteger" } } }
files["tests/nginx"].globals = { "ngx" }
files["**/*.rockspec"].std = "rockspec"
-- Declarations without bodies.
files["lua/emqx_rebalance/options.lua"].ignore = { "631" }
files["lua/emqx_rebalance/types.lua"].ignore = { "212", "241", "631" }
