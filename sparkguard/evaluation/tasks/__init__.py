"""What each kind of model counts per prediction, and the metrics that follow from the counts."""

from sparkguard.evaluation.tasks.base import Cells, Task
from sparkguard.evaluation.tasks.binary import NO_CLASS, Binary
from sparkguard.evaluation.tasks.multiclass import Multiclass
from sparkguard.evaluation.tasks.ranking import Ranking
from sparkguard.evaluation.tasks.regression import Regression

__all__ = ["NO_CLASS", "Binary", "Cells", "Multiclass", "Ranking", "Regression", "Task"]
