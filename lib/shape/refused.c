/* SPDX-License-Identifier: Apache-2.0 */
#include "shape/refused.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"

/* Published models of kinds that are not supported: their types, and what they are. */
static const struct {
	const char *what;
	const char *const *types;
} refused[] = {
	{ "a mixture of experts, which are not supported",
		(const char *const[]){ "arctic", "dbrx", "deepseek_v2", "deepseek_v3", "doge",
			"dots1", "ernie4_5_moe", "flex_olmo", "glm4_moe", "gpt_oss", "granitemoe",
			"granitemoehybrid", "granitemoeshared", "hunyuan_v1_moe", "jamba", "jetmoe",
			"lfm2_moe", "llama4", "llama4_text", "minimax", "mixtral", "nllb-moe",
			"olmoe", "phimoe", "qwen2_moe", "qwen3_moe", "qwen3_next",
			"switch_transformers", NULL } },
	{ "a model of pictures or sound, which are not supported; of some the text's part can be "
	  "saved as a model of its own",
		(const char *const[]){ "aya_vision", "bark", "blip", "blip-2", "clip", "florence2",
			"fuyu", "gemma3", "gemma3n", "git", "idefics", "idefics2", "idefics3",
			"instructblip", "internvl", "kosmos-2", "llava", "llava_next",
			"llava_onevision", "mistral3", "mllama", "moshi", "musicgen", "paligemma",
			"phi4_multimodal", "pix2struct", "pixtral", "qwen2_5_vl", "qwen2_audio",
			"qwen2_vl", "qwen3_vl", "seamless_m4t", "seamless_m4t_v2", "siglip",
			"smolvlm", "speech-encoder-decoder", "speech_to_text", "speecht5", "trocr",
			"video_llava", "vision-encoder-decoder", "vit", "wav2vec2", "whisper",
			NULL } },
	{ "two models in one, with settings of their own, which are not supported",
		(const char *const[]){ "encoder-decoder", "rag", NULL } },
	{ "a model without attention in all its layers, which are not supported",
		(const char *const[]){ "bamba", "falcon_mamba", "fnet", "lfm2", "mamba", "mamba2",
			"recurrent_gemma", "rwkv", "xlstm", "zamba", "zamba2", NULL } },
};

void refuse_adapter(const char *directory)
{
	char *adapter = path_join(directory, "adapter_config.json");

	if (!access(adapter, F_OK))
		die("%s: an adapter (LoRA and the like) is not supported; merge it into its model "
		    "(merge_and_unload() of peft) and save that",
			adapter);
	free(adapter);
}

void refuse_type(const struct json_file *f, const char *type)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		for (const char *const *t = refused[i].types; *t; t++)
			if (strcmp(*t, type) == 0)
				die("%s: model_type '%s' is %s", f->path, type, refused[i].what);
}
