/** 128 everyday words of Uzbek for passphrases. */
export const words = `olma daryo tosh chiroq bogʻ non qish eshik kumush deraza togʻ qoshiq asal gilam koʻprik sham
paxta pat bozor limon qogʻoz yomgʻir tuz shakar stol qishloq suv sariq savat tugma bulut ovqat
burgut dala gul oʻrmon oyna yashil bolgʻa ot orol kamzul choynak narvon anor qovun koʻzgu tong
igna shimol piyoz qalam qalampir yostiq yulduz choʻntak kartoshka tasma guruch yoʻl tom arqon egar maktab
soya qoʻy yelka ipak qor sovun bahor quyosh yoz ip momaqaldiroq chipta pomidor minora poyezd daraxt
vodiy rubob yongʻoq gʻildirak shamol jun bodom kuz qamish arpa tut koʻrpa qayiq shisha shox gʻisht
choʻtka saryogʻ kulba tuya olcha doira soat qahva mis burchak piyola qum eshak kaptar nogʻora oqshom
anjir barmoq favvora doʻst uzum xirmon uy yasmin kalit varrak koʻl fonus barg sut oy behi`;
