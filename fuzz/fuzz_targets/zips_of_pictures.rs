#![no_main]
fewshot_fuzz::target!();
