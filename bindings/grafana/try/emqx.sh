# Starts an embedded cluster, and writes into a folder where it is: sh emqx.sh FOLDER
#
# grafana.env has what provisioning/datasources/emqx.yaml asks for, targets.json what Prometheus scrapes.
set -eu
folder=$1
rm -f "$folder/grafana.env" "$folder/targets.json"
emqx-rebalance cluster --output json --clients "${CLIENTS:-3333,3334,3333,0}" >"$folder/cluster.json" &
cluster=$!
trap 'kill $cluster' INT TERM

# Its answer is whole once the last brace is there.
until grep -q '^}' "$folder/cluster.json"; do
  kill -0 $cluster
  sleep 0.2
done

# A text of the answer, and every URL in it.
field() {
  sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}\$/\1/p" "$folder/cluster.json"
}
urls=$(sed -n 's/^ *"\(http:[^"]*\)",\{0,1\}$/\1/p' "$folder/cluster.json")

key=$(field api_key)
basic=$(printf %s "$key:$(field api_secret)" | base64 | tr -d '\n')
targets=$(echo "$urls" | sed 's/^http:\/\/\(.*\)$/"\1"/' | paste -sd, -)

echo "[{\"targets\": [$targets]}]" >"$folder/targets.json"
# Last and at once, since its presence is what Grafana waits for.
cat >"$folder/grafana.env.new" <<END
EMQX_URL=$(echo "$urls" | head -n 1)
EMQX_READ_KEY=$key
EMQX_CONTROL_KEY=$key
EMQX_READ_BASIC=$basic
EMQX_CONTROL_BASIC=$basic
END
mv "$folder/grafana.env.new" "$folder/grafana.env"
wait $cluster
