"""Long runs by hand, each a program that prints what it found: `scripts/soak NAME`.

connections  ten thousand open connections, idle, slow or kept, and how readers are answered meanwhile
"""
