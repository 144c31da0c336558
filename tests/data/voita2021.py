"""Rules `voita2021` and `voita2021:rescale=no`: dense Jacobians, every contribution of every operation written out.

What is computed for one step, in order; sum|.| is the sum of absolute values, eps = 1e-5 throughout.

 1. An operation y = f(x), its n inputs flattened into one vector, has contributions z_ji = f_j(0)/n + (dy_j/dx_i) x_i.
    Transition t_ji = 1/2 z_ji^+ / (sum_i z_ji^+ + eps) + 1/2 z_ji^- / (sum_i z_ji^- - eps); an empty side gives nothing,
    so its half is lost until the rescale.  R_i = sum_j R_j t_ji.  No t is negative, so no R is.
 2. Rescale(R_out; R_in, ...): all R_in are multiplied by sum|R_out| / (sum over all R_in of sum|R_in| + eps).
 3. Dense layer, row by row (n = input width): 1, then 2 over that row, then 2 over the whole tensor (all positions).
    Activations pass relevance on.  Logits are a dense layer with the output bias (n = d_model).
 4. Norm, as 3 with n = d_model and f(0) = b.  Jacobian g_i (M_ij - mean_j M_ij), M_ij = delta_ij / s0 - c_i c_j / (d s1^3),
    c = x - mean, s0 = sqrt(var) without epsilon, s1 = sqrt(var + the model's epsilon).
 5. Attention, one head at a time: 1 over q, k and v of the head, all positions flattened together, y its context vectors,
    f(0) = 0.  Rescale over the head (all queries together, not row by row: keys belong to no row), then over all heads and
    q, k, v together, both against the relevance of the context vectors.  Masked pairs have a zero Jacobian and f(0) = 0:
    they get nothing.
 6. Self-attention: relevance of q, k, v side by side goes through one dense layer with the weights stacked, by 3.  As shares
    are taken per output neuron this is the sum of three dense layers, but rescaled once, against q, k and v together.
    Cross-attention: q through its own dense layer to the query side; k and v side by side through one to the encoder's output.
 7. Addition x + f: 1 for every neuron alone, with its two terms; rescale row by row over both terms together; then every term
    as a whole against itself, a factor sum|R| / (sum|R| + eps).
 8. Block x -> norm(x + f(x)), or x + f(norm(x)) with normalize_before.  S = sum|R| as it enters.  Backward through the parts
    by 3 to 7; R = R_branch + R_skip, times (sum|R_branch| + sum|R_skip|) / sum|R|, without eps.  With normalize_before
    R_branch is what comes out of the norm.
 9. Cross-attention block: 8 for the query side; then R and the encoder's relevance are both multiplied by
    S / (sum|R| + sum|R_encoder|), without eps.
10. Encoder: the sum over the decoder layers of 9, times (sum over layers of sum|.|) / sum|sum|, without eps.  As nothing is
    negative the factor is 1 up to rounding, and so is that of 8.
11. Final norms of encoder and decoder (add_final_layer_norm) pass relevance on unchanged: the original calls no rule for them.
    (The norm of normalize_embedding lies below all head sites.)
12. Start: 1 at the top-1 logit of one step, forbidden tokens left out.  A head site is the relevance of the context vectors
    after 3 for the output projection, both rescales included, before 5.
13. The original works on the whole target length.  Positions after the step get relevance 0 everywhere (5) and change no sum,
    so the step's prefix alone gives the same.  Its sums in 7 to 10 run over a batch; here a batch is one sentence.
14. rescale=no: 2 and every factor in 3 to 10 left out; the eps in 1 stays.  Then it is linear in R.
15. Where a factor would be 0/0 (no relevance left) relevance stays 0.
"""
import math
import numpy as np
from reference import relevance_records, to_heads, from_heads

RULES = ["voita2021", "voita2021:rescale=no"]
EPS = 1e-5


def size(*R):
    return sum(abs(r).sum() for r in R)


def transition(z):
    """(1): [out, in], every row the shares of one output."""
    p, n = np.maximum(z, 0), np.minimum(z, 0)
    return 0.5 * p / (p.sum(1, keepdims=True) + EPS) + 0.5 * n / (n.sum(1, keepdims=True) - EPS)


def norm_jacobian(x, g, eps=1e-5):
    d, c = len(x), x - x.mean()
    s0, s1 = math.sqrt((c ** 2).mean()), math.sqrt((c ** 2).mean() + eps)
    M = np.eye(d) / s0 - np.outer(c, c) / (d * s1 ** 3)
    return g[:, None] * (M - M.mean(1, keepdims=True))


def attention_jacobian(q, k, v, A):
    """d context / d (q, k, v): [(i, c), (i, e) + (j, e) + (j, e)] for one head; i queries, j keys, c and e neurons."""
    (n, d), m = q.shape, len(k)
    o, root = A @ v, math.sqrt(d)
    J_q, J_k, J_v = np.zeros((n, d, n, d)), np.zeros((n, d, m, d)), np.zeros((n, d, m, d))
    for i in range(n):
        for c in range(d):
            for j in range(m):
                a = A[i, j] * (v[j, c] - o[i, c])                              # d context_ic / d score_ij
                J_q[i, c, i] += a * k[j] / root
                J_k[i, c, j] = a * q[i] / root
                J_v[i, c, j, c] = A[i, j]
    return np.concatenate([J.reshape(n * d, -1) for J in (J_q, J_k, J_v)], 1)


class Backward:
    """Relevance of one step at all head sites: self.R[site] = [position, neuron]. step: its position. A side may have no layers."""

    def __init__(self, model, g, step, token, rescale):
        self.m, self.v, self.w, self.rescaling, self.R = model, g.value, model.w, rescale, {}
        c = model.c
        start = np.zeros((len(g.value[model.last]), len(model.output)))
        start[step, token] = 1
        R = self.dense(start, g.value[model.last], model.output, model.output_bias)
        memory, R_memory, scale, self.leaves = self.output_of("encoder", c["encoder_layers"] - 1, final=True), 0.0, 0.0, 0.0
        for i in reversed(range(c["decoder_layers"])):
            n, key = f"dec.{i}", f"model.decoder.layers.{i}."
            cross = f"{n}.cross." + ("add" if c["normalize_before"] else "norm")
            own = f"{n}.self." + ("add" if c["normalize_before"] else "norm")
            below = self.output_of("decoder", i - 1)
            R = self.ffn_block(R, n, key, cross if c["encoder_layers"] else own)
            if c["encoder_layers"]:
                R, encoder = self.attention_block(R, f"{n}.cross", f"dec-enc.{i}", own, memory, key + "encoder_attn")
                R_memory, scale = R_memory + encoder, scale + size(encoder)
            R, _ = self.attention_block(R, f"{n}.self", f"dec-self.{i}", below, None, key + "self_attn")
        if c["decoder_layers"] and c["encoder_layers"]:
            self.leaves = size(R)
            R = self.times(R_memory, scale, size(R_memory))
        for i in reversed(range(c["encoder_layers"])):
            n, key = f"enc.{i}", f"model.encoder.layers.{i}."
            own = f"{n}.self." + ("add" if c["normalize_before"] else "norm")
            R = self.ffn_block(R, n, key, own)
            below = self.output_of("encoder", i - 1)
            R, _ = self.attention_block(R, f"{n}.self", f"enc-self.{i}", below, None, key + "self_attn")
        self.leaves += size(R)

    def output_of(self, side, layer, final=False):
        """The node that a layer ends in; with final behind the stack's final norm."""
        c, short = self.m.c, side[:3]
        if final and c["add_final_layer_norm"]:
            return f"{short}.norm"
        if layer < 0:
            return f"{short}.embed" + (".norm" if c["normalize_embedding"] else "")
        return f"{short}.{layer}.ffn." + ("add" if c["normalize_before"] else "norm")

    def times(self, R, numerator, denominator):
        return R * (numerator / denominator) if self.rescaling and denominator else R

    def rescale(self, R_out, *R_in):
        """(2)"""
        return [self.times(r, size(R_out), size(*R_in) + EPS) for r in R_in]

    def rows(self, R, x, jacobian, f0):
        """(3), (4): jacobian(row) is [out, in], f0 [out]."""
        out = np.zeros(x.shape)
        for p in range(len(x)):
            if R[p].any():
                out[p], = self.rescale(R[p], R[p] @ transition(f0[:, None] / x.shape[1] + jacobian(x[p]) * x[p]))
        return self.rescale(R, out)[0]

    def dense(self, R, x, W, b):
        return self.rows(R, x, lambda row: W, b)

    def linear(self, R, x, *keys):
        """A dense layer, or several side by side that read the same x."""
        return self.dense(R, self.v[x], np.concatenate([self.w[k + ".weight"] for k in keys]),
                          np.concatenate([self.w[k + ".bias"] for k in keys]))

    def norm(self, R, x, key):
        g = self.w[key + "_layer_norm.weight"]
        return self.rows(R, self.v[x], lambda row: norm_jacobian(row, g, self.m.c.get("norm_eps", 1e-5)), self.w[key + "_layer_norm.bias"])

    def add(self, R, x, y):
        """(7)"""
        a, b = np.zeros(R.shape), np.zeros(R.shape)
        for p in range(len(R)):
            for i in range(R.shape[1]):
                a[p, i], b[p, i] = R[p, i] * transition(np.array([[self.v[x][p, i], self.v[y][p, i]]]))[0]
            a[p], b[p] = self.rescale(R[p], a[p], b[p])
        return self.rescale(a, a)[0], self.rescale(b, b)[0]

    def attention(self, R, name, site, x, memory, key):
        """(12), (5), (6): to (query side, encoder side), the latter None for self-attention."""
        heads = self.m.c[("encoder" if site.startswith("enc") else "decoder") + "_attention_heads"]
        R = self.linear(R, site, key + ".out_proj")
        self.R[site], parts = R, []
        q, k, v = (to_heads(self.v[f"{name}.{p}"], heads) for p in "qkv")
        for h, r in enumerate(to_heads(R, heads)):
            inputs = np.concatenate([u[h].reshape(-1) for u in (q, k, v)])
            flat = r.reshape(-1) @ transition(attention_jacobian(q[h], k[h], v[h], self.v[f"{name}.weights"][h]) * inputs)
            n, m = q[h].size, k[h].size
            pieces = [flat[:n].reshape(q[h].shape), flat[n:n + m].reshape(k[h].shape), flat[n + m:].reshape(v[h].shape)]
            parts.append(self.rescale(r, *pieces))
        R_q, R_k, R_v = self.rescale(R, *(from_heads(np.stack([part[i] for part in parts])) for i in range(3)))
        if memory is None:
            return self.linear(np.concatenate([R_q, R_k, R_v], -1), x, *(f"{key}.{p}_proj" for p in "qkv")), None
        kv = self.linear(np.concatenate([R_k, R_v], -1), memory, f"{key}.k_proj", f"{key}.v_proj")
        return self.linear(R_q, x, f"{key}.q_proj"), kv

    def block(self, R, name, x, norm, layer):
        """(8), (9): layer(R, input) gives (relevance of its input, relevance of the encoder or None)."""
        before, entered = self.m.c["normalize_before"], size(R)
        if not before:
            R = self.norm(R, f"{name}.add", norm)
        skip, R = self.add(R, x, f"{name}.out")
        R, encoder = layer(R, f"{name}.norm" if before else x)
        if before:
            R = self.norm(R, x, norm)
        R = self.times(R + skip, size(R, skip), size(R + skip))
        if encoder is None:
            return R, None
        total = size(R, encoder)
        return self.times(R, entered, total), self.times(encoder, entered, total)

    def attention_block(self, R, name, site, x, memory, key):
        return self.block(R, name, x, key, lambda R, y: self.attention(R, name, site, y, memory, key))

    def ffn_block(self, R, n, key, x):
        def layer(R, y):
            return self.linear(self.linear(R, f"{n}.ffn.act", key + "fc2"), y, key + "fc1"), None
        return self.block(R, f"{n}.ffn", x, key + "final", layer)[0]


def relevance(model, g, start, rule):
    """{site: [step, position, neuron]}, and the relevance that arrived at the embeddings, per step."""
    steps = [Backward(model, g, t, v, rule == RULES[0]) for t, v in enumerate(start)]
    return {site: np.stack([b.R[site] for b in steps]) for site in model.sites()}, [b.leaves for b in steps]


def all_records(model, label, rule, sentences, graphs, as_records=relevance_records):
    records = []
    for s, g in enumerate(graphs):
        R, leaves = relevance(model, g, model.top(g, 1)[0][:, 0], rule)
        print(f"{label + ' ' + str(s):48} {rule:42} at the embeddings {min(leaves):.6f} to {max(leaves):.6f}")
        assert all((x >= 0).all() for x in R.values()) and max(leaves) < 1 and (rule != RULES[0] or min(leaves) > 0.9)
        records += as_records(s, g, R, model.sites())
    return records


def check_jacobians():
    """Against autograd: exact for attention; for the norm up to its missing epsilon, 1/s0 - 1/s1 on the diagonal."""
    import torch
    random = np.random.default_rng(5)
    q, k, v, x, g = (random.standard_normal(shape) for shape in ((3, 4), (5, 4), (5, 4), (6,), (6,)))
    attend = lambda q, k, v: torch.softmax(q @ k.T / 2, -1) @ v
    inputs = tuple(torch.tensor(u) for u in (q, k, v))
    A = torch.softmax(inputs[0] @ inputs[1].T / 2, -1).numpy()
    J = np.concatenate([j.reshape(12, -1).numpy() for j in torch.autograd.functional.jacobian(attend, inputs)], 1)
    assert abs(J - attention_jacobian(q, k, v, A)).max() < 1e-13
    norm = lambda x: torch.tensor(g) * (x - x.mean()) / torch.sqrt(((x - x.mean()) ** 2).mean() + 1e-5)
    J = torch.autograd.functional.jacobian(norm, torch.tensor(x)).numpy()
    var = ((x - x.mean()) ** 2).mean()
    missing = (var ** -0.5 - (var + 1e-5) ** -0.5) * g[:, None] * (np.eye(6) - 1 / 6)
    assert abs(J + missing - norm_jacobian(x, g)).max() < 1e-13
