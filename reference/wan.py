"""Makes `fixtures/wan`: tiny random pipelines of both layouts of Wan with what `diffusers` computes with them.

    python reference/wan.py

`t2v` has the layout of Wan 2.1 T2V, `ti2v` that of Wan 2.2 TI2V: residual autoencoder of patches, timesteps for
each token. Each folder is one that `WanPipeline.from_pretrained` opens, with weights in bfloat16 that are computed
with in f32, and `golden.safetensors` beside them; `schedules.safetensors` holds steps of schedulers, and `lora` an
adapter of the first in two spellings. Weights that are not needed to make films from words are left out.
"""

import json
import platform
import shutil
from collections import Counter

import diffusers
import torch
import torch.nn.functional as F
import transformers
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from manifest import FIXTURES, record
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

FOLDER = FIXTURES / "wan"
SEED = 41
PROMPT = "A red fox runs over fresh snow,  towards the old forest &amp; the river, while the sun goes down slowly in a calm winter evening."
NEGATIVE = "blurred, static"
TEXT = 48


def tokenizer() -> PreTrainedTokenizerFast:
    """A vocabulary of unigrams as that of UMT5, of hardly any pieces: letters, and what is frequent in the prompts."""
    words = ["\u2581" + word for word in f"{PROMPT} {NEGATIVE}".replace("&amp;", "&").split()]
    pieces = Counter(word[at:end] for word in words for at in range(len(word)) for end in range(at + 1, at + 5))
    letters = sorted(piece for piece in pieces if len(piece) == 1)
    longer = sorted((piece for piece in pieces if len(piece) > 1), key=lambda piece: (-pieces[piece], piece))
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    scores = special + [(x, -5.0) for x in letters] + [(x, -4.0 - 0.01 * at) for at, x in enumerate(longer)]
    made = Tokenizer(models.Unigram(scores[:96], unk_id=2, byte_fallback=False))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    made.add_special_tokens(["<pad>", "</s>", "<unk>"])
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def text_encoder(seed: int) -> UMT5EncoderModel:
    config = UMT5Config(
        vocab_size=96,
        d_model=32,
        d_kv=16,
        d_ff=48,
        num_layers=2,
        num_heads=2,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=20,
        feed_forward_proj="gated-gelu",
        dense_act_fn="gelu_new",
        is_encoder_decoder=True,
    )
    return randomised(UMT5EncoderModel._from_config(config, attn_implementation="eager"), seed)


def transformer(channels: int, seed: int) -> WanTransformer3DModel:
    return randomised(
        WanTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=16,
            in_channels=channels,
            out_channels=channels,
            text_dim=32,
            freq_dim=16,
            ffn_dim=48,
            num_layers=2,
        ),
        seed,
    )


def plain_vae(seed: int) -> AutoencoderKLWan:
    return randomised(
        AutoencoderKLWan(
            base_dim=4,
            z_dim=4,
            dim_mult=[1, 2, 4, 4],
            num_res_blocks=1,
            latents_mean=[-0.7, 0.1, 0.4, -0.2],
            latents_std=[1.8, 1.4, 2.3, 0.9],
        ),
        seed,
    )


def residual_vae(seed: int) -> AutoencoderKLWan:
    return randomised(
        AutoencoderKLWan(
            base_dim=4,
            decoder_base_dim=4,
            z_dim=6,
            dim_mult=[1, 2, 4, 4],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
            latents_mean=[-0.2, 0.1, 0.4, -0.3, 0.2, 0.6],
            latents_std=[0.8, 1.4, 1.3, 0.9, 0.5, 1.1],
            is_residual=True,
            in_channels=12,
            out_channels=12,
            patch_size=2,
            scale_factor_spatial=16,
        ),
        seed,
    )


def randomised(model, seed: int):
    """Every parameter anew, with signals of about one, rounded to bfloat16."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("bias"):
                value = 0.2 * noise
            elif parameter.ndim == 1 or "norm" in name or "gamma" in name:
                value = 1 + 0.2 * noise
            elif "relative_attention_bias" in name or "scale_shift_table" in name:
                value = 0.4 * noise
            elif "shared" in name or "embed_tokens" in name:
                value = noise
            else:
                value = noise * 1.2 / parameter[0].numel() ** 0.5
            parameter.copy_(value.bfloat16().float())
    return model.eval()


def rounded(folder) -> None:
    """The weights of a folder in bfloat16, without those that films from words do not need."""
    for file in folder.rglob("*.safetensors"):
        tensors = load_file(file)
        is_plain = json.loads((file.parent / "config.json").read_text()).get("is_residual") is False
        unneeded = ("encoder.", "quant_conv.") if is_plain else ()
        kept = {name: x.bfloat16().contiguous() for name, x in tensors.items() if not name.startswith(unneeded)}
        save_file(kept, file, metadata={"format": "pt"})


def golden_text(pipe) -> dict:
    embeddings, negative = pipe.encode_prompt(PROMPT, NEGATIVE, max_sequence_length=TEXT)
    ids = pipe.tokenizer(diffusers.pipelines.wan.pipeline_wan.prompt_clean(PROMPT)).input_ids
    return {"text.ids": torch.tensor(ids), "text.prompt": embeddings[0], "text.negative": negative[0]}


def golden_transformer(model, latents, text, timestep) -> dict:
    """The output of one pass, and of each block."""
    made = {}
    hooks = [
        block.register_forward_hook(lambda _, __, out, at=at: made.update({f"dit.block.{at}": out[0].clone()}))
        for at, block in enumerate(model.blocks)
    ]
    out = model(latents, timestep=timestep, encoder_hidden_states=text[None], return_dict=False)[0]
    for hook in hooks:
        hook.remove()
    return made | {"dit.latents": latents[0], "dit.out": out[0]}


def sample(pixels):
    """Some of the pixels, so that files stay small; which ones hits every place of a row in time."""
    return pixels.flatten()[::7].clone()


def golden_film(pipe, latents, **more) -> dict:
    """The latents after each step and the film."""
    steps = []

    def after(_, __, ___, values):
        steps.append(values["latents"][0].clone())
        return values

    film = pipe(
        prompt=PROMPT,
        negative_prompt=NEGATIVE,
        latents=latents,
        num_inference_steps=4,
        guidance_scale=5.0,
        max_sequence_length=TEXT,
        callback_on_step_end=after,
        output_type="pt",
        **more,
    ).frames[0]
    return {f"film.step.{at}": step for at, step in enumerate(steps)} | {"film.pixels": sample(film)}


def t2v(generator) -> dict:
    vae = plain_vae(SEED + 1)
    scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
    pipe = WanPipeline(tokenizer(), text_encoder(SEED), vae, scheduler, transformer(4, SEED + 2))
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(FOLDER / "t2v")
    latents = torch.randn((1, 4, 3, 4, 6), generator=generator)
    tensors = golden_text(pipe)
    tensors |= golden_transformer(pipe.transformer, latents, tensors["text.prompt"], torch.tensor([937]))
    tensors |= {"vae.latents": latents[0], "vae.pixels": sample(vae.decode(latents).sample[0])}
    vae.enable_tiling(24, 24, 16, 16)
    wide = torch.randn((1, 4, 2, 5, 6), generator=generator)
    tensors |= {"tiles.latents": wide[0], "tiles.pixels": sample(vae.decode(wide).sample[0])}
    vae.use_tiling = False
    tensors |= golden_film(pipe, latents, height=32, width=48, num_frames=9)
    return tensors | lora(pipe.transformer, latents, tensors["text.prompt"], generator)


def ti2v(generator) -> dict:
    vae = residual_vae(SEED + 3)
    scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0)
    parts = (tokenizer(), text_encoder(SEED), vae, scheduler, transformer(6, SEED + 4))
    pipe = WanPipeline(*parts, expand_timesteps=True)
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(FOLDER / "ti2v")
    latents = torch.randn((1, 6, 3, 2, 4), generator=generator)
    text = golden_text(pipe)["text.prompt"]
    timesteps = torch.full((1, 3, 1, 2), 641)
    timesteps[:, 0] = 0
    tensors = golden_transformer(pipe.transformer, latents, text, timesteps.flatten(1))
    tensors |= {"vae.latents": latents[0], "vae.pixels": sample(vae.decode(latents).sample[0])}
    film = torch.rand((1, 3, 9, 32, 64), generator=generator) * 2 - 1
    tensors |= {"vae.film": film[0, :, :, ::2, ::2].half().float()}
    film = tensors["vae.film"][None].repeat_interleave(2, 3).repeat_interleave(2, 4)
    tensors |= {"vae.encoded": vae.encode(film).latent_dist.mode()[0]}
    vae.enable_tiling(48, 48, 32, 32)
    wide = torch.randn((1, 6, 2, 3, 5), generator=generator)
    tensors |= {"tiles.latents": wide[0], "tiles.pixels": sample(vae.decode(wide).sample[0])}
    vae.use_tiling = False
    size = {"height": 32, "width": 64, "num_frames": 9}
    tensors |= golden_film(pipe, latents, **size)
    tokens, encoder, vae, scheduler, dit = parts
    animated = WanImageToVideoPipeline(
        tokens, encoder, vae, scheduler, transformer=dit, expand_timesteps=True, image_processor=None
    )
    animated.set_progress_bar_config(disable=True)
    image = (torch.rand((1, 3, 32, 64), generator=generator) * 255).round() / 255
    made = golden_film(animated, latents, image=image, **size)
    tensors |= {name.replace("film", "animated"): x for name, x in made.items()}
    return tensors | {"animated.image": (image[0] * 255).to(torch.uint8)}


def lora(model, latents, text, generator) -> dict:
    """An adapter in the spelling of `diffusers` and in that of the first release, and what the model with it computes."""
    names = {"attn1.to_q": "self_attn.q", "attn2.to_out.0": "cross_attn.o", "ffn.net.0.proj": "ffn.0"}
    ours, theirs = {}, {}
    state = {name: x.clone() for name, x in model.state_dict().items()}
    for ending, first in names.items():
        weight = state[f"blocks.1.{ending}.weight"]
        down = (torch.randn((4, weight.shape[1]), generator=generator) * 0.2).bfloat16()
        up = (torch.randn((weight.shape[0], 4), generator=generator) * 0.2).bfloat16()
        ours[f"transformer.blocks.1.{ending}.lora_A.weight"] = down
        ours[f"transformer.blocks.1.{ending}.lora_B.weight"] = up
        theirs[f"diffusion_model.blocks.1.{first}.lora_down.weight"] = down.clone()
        theirs[f"diffusion_model.blocks.1.{first}.lora_up.weight"] = up.clone()
        theirs[f"diffusion_model.blocks.1.{first}.alpha"] = torch.tensor(4.0)
        weight += 0.5 * up.float() @ down.float()
    plain = {name: x.clone() for name, x in model.state_dict().items()}
    model.load_state_dict(state)
    out = model(latents, timestep=torch.tensor([937]), encoder_hidden_states=text[None], return_dict=False)[0]
    model.load_state_dict(plain)
    (FOLDER / "lora").mkdir(parents=True)
    save_file(ours, FOLDER / "lora" / "diffusers.safetensors")
    save_file(theirs, FOLDER / "lora" / "first.safetensors")
    return {"lora.out": out[0]}


def tiny_decoder(generator) -> dict:
    """A tiny decoder of latents as `taehv` has them, and the pictures that come of some."""
    widths, weights = [16, 8, 8, 8], {}

    def conv(name: str, x, outputs: int, bias: bool = True, side: int = 3):
        inputs = x.shape[1]
        weight = torch.randn((outputs, inputs, side, side), generator=generator) * (1.6 / (inputs * side * side)) ** 0.5
        weights[f"{name}.weight"] = weight.bfloat16()
        if bias:
            weights[f"{name}.bias"] = (0.1 * torch.randn(outputs, generator=generator)).bfloat16()
        bias = weights[f"{name}.bias"].float() if bias else None
        return F.conv2d(x, weights[f"{name}.weight"].float(), bias, padding=side // 2)

    latents = torch.randn((3, 6, 3, 4), generator=generator)
    x = conv("decoder.1", torch.tanh(latents / 3) * 3, widths[0]).relu()
    for stage, (width, times) in enumerate(zip(widths, (1, 2, 2))):
        for at in range(3 + 6 * stage, 6 + 6 * stage):
            before = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
            h = conv(f"decoder.{at}.conv.0", torch.cat([x, before], 1), width).relu()
            h = conv(f"decoder.{at}.conv.2", h, width).relu()
            x = (conv(f"decoder.{at}.conv.4", h, width) + x).relu()
        x = F.interpolate(x, scale_factor=2)
        x = conv(f"decoder.{7 + 6 * stage}.conv", x, width * times, bias=False, side=1)
        x = x.reshape(-1, width, *x.shape[2:])
        x = conv(f"decoder.{8 + 6 * stage}", x, widths[stage + 1], bias=False)
    x = conv("decoder.22", x.relu(), 12)
    film = F.pixel_shuffle(x, 2)[3:].clamp(0, 1)
    (FOLDER / "taew").mkdir()
    save_file(weights, FOLDER / "taew" / "taew.safetensors")
    return {"latents": latents, "pixels": sample(film)}


def schedules(generator) -> dict:
    """Samples after each step of each scheduler; what a model would say is given."""
    kinds = {
        "unipc": UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0),
        "unipc3": UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0, solver_order=3, solver_type="bh1"
        ),
        "euler": FlowMatchEulerDiscreteScheduler(shift=3.0),
    }
    tensors = {}
    for name, scheduler in kinds.items():
        scheduler.set_timesteps(8)
        scheduler.set_begin_index(0)
        x = torch.randn((1, 16), generator=generator)
        made, said = [x], []
        for timestep in scheduler.timesteps:
            said.append(torch.randn((1, 16), generator=generator))
            x = scheduler.step(said[-1], timestep, x, return_dict=False)[0]
            made.append(x)
        tensors[f"{name}.samples"] = torch.cat(made)
        tensors[f"{name}.said"] = torch.cat(said)
        tensors[f"{name}.timesteps"] = scheduler.timesteps.float()
        tensors[f"{name}.sigmas"] = scheduler.sigmas.float()
    return tensors


@torch.no_grad()
def main() -> None:
    torch.set_num_threads(1)
    transformers.logging.disable_progress_bar()
    shutil.rmtree(FOLDER, ignore_errors=True)
    generator = torch.Generator().manual_seed(SEED)
    for name, make in {"t2v": t2v, "ti2v": ti2v}.items():
        tensors = make(generator)
        rounded(FOLDER / name)
        save_file({key: x.clone().contiguous() for key, x in tensors.items()}, FOLDER / name / "golden.safetensors")
    save_file(schedules(generator), FOLDER / "schedules.safetensors")
    save_file(tiny_decoder(generator), FOLDER / "taew-golden.safetensors")
    versions = f"python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}, "
    versions += f"transformers {transformers.__version__}, diffusers {diffusers.__version__}"
    record({"wan": {"command": "python reference/wan.py", "versions": versions, "seed": SEED}})


if __name__ == "__main__":
    main()
