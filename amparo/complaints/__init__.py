"""Complaints: a closing refused with reasons and evidence, judged by quality control or decided by lapse of time. COM-1 to COM-7, TIM-6, TIM-7."""
