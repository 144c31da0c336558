# SPDX-License-Identifier: Apache-2.0
# A stage of one's own, instead of head-norm: shares of the squared relevance.
#   stream-show --json heads.lrp | jq -c -f square_norm.jq | stream-pack
if .type == "header" then
  .norm = "square"
elif .type == "heads" then
  .relevance |= map(map(. * .) | add as $sum | map(. / $sum))
else
  .
end
