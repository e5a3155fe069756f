from tests.integration.test_cut_off import *
from collections import Counter
def test_t(scenes):
    for name in scenes:
        c=cuts(scenes[name].points); print(name, len(c), Counter((x.point.split(":")[0], x.moment, x.is_prepared) for x in c))
        for x in c:
            if not x.point.startswith("load"): print("   ", x, x.is_prepared)
