"""Many runs: one engine, the ablation, the protocol, and what each chapter's figures rest on.

A study is a declaration, which plans, and a summary, which comparison; the engine carries it out.
"""
