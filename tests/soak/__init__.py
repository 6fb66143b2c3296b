"""Long runs by hand, each a program that prints what it found: `scripts/soak NAME`.

connections  ten thousand open connections, idle, slow or kept, and how readers are answered meanwhile
kills        kill -9 at 200 random points of everything that writes: nothing answered is lost, nothing erased comes back
hour         everyday work at half of capacity: what grows, whether anything is lost, and a picture of it
hostile      a million requests of somebody who means harm: no 5xx, no exception, nothing secret in the log
hostile_requests  what these are
holding      clients that hold connections open
sampling     what such a run looks at
faults       a full disk, no descriptors, a lock, a second service, a kill, wrong clocks: what is lost, and who says so
"""
