"""Questions among users, each under a promise of an answer. FOR, TIM-4."""
