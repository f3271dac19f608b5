import sys; sys.path.insert(0,'/tmp')
import prof
from tests.crash.test_sweep import scene
from tests.crash.kill_points import KillPoint
from tests.conftest import *
async def test_it(server_home,database,broker,bucket_pair):
    async with scene(server_home/"p",database,broker,bucket_pair,"worker") as m:
        for n in (1,2,9,15): 
            print(n, await m.survive(KillPoint("worker",n,"after")), prof.T); prof.T.clear()
        print(m.plane.output("dying")[-1500:]); print(m.plane.output("worker")[-2500:])
